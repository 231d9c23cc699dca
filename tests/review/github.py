"""As much of GitHub's interface as comments of a pull request need, on this machine."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = 100


class GitHub:
    """Serves while it is entered; `comments` is what stands under the pull request."""

    def __init__(self, comments: list[dict] | None = None, status: int = 200):
        self.comments = comments or []
        self.status = status
        github = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, document: object, status: int = 200):
                body = json.dumps(document).encode()
                self.send_response(github.status if github.status != 200 else status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def body(self) -> str:
                assert self.headers["Authorization"] == "Bearer a-token"
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

            def do_GET(self):
                match = re.fullmatch(r"/repos/acme/policies/issues/7/comments\?per_page=100&page=(\d+)", self.path)
                first = (int(match.group(1)) - 1) * PAGE
                self.answer(github.comments[first : first + PAGE])

            def do_POST(self):
                assert self.path == "/repos/acme/policies/issues/7/comments"
                comment = {"id": len(github.comments) + 1, "body": self.body(), "user": {"type": "Bot"}}
                github.comments.append(comment)
                self.answer(comment, 201)

            def do_PATCH(self):
                number = int(re.fullmatch(r"/repos/acme/policies/issues/comments/(\d+)", self.path).group(1))
                comment = next(one for one in github.comments if one["id"] == number)
                comment["body"] = self.body()
                self.answer(comment)

            def log_message(self, *_: object):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> "GitHub":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"
