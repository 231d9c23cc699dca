"""Follows every link of the built book that stays in it: `links.py FOLDER`. A page, a file or an anchor that is not there is told,
with the page that links to it; exit status 1 then."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit


class Page(HTMLParser):
    """The anchors of a page and what it links to."""

    def __init__(self, text: str):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]):
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)


def main() -> int:
    book = Path(sys.argv[1]).resolve()
    pages = {path: Page(path.read_text()) for path in sorted(book.rglob("*.html"))}
    if len(pages) < 50:
        print(f"{book} holds {len(pages)} pages: that is no book")
        return 1
    wrong, followed = [], 0
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for link in page.links:
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme or address.startswith("//"):
                continue
            followed += 1
            target = (path.parent / unquote(address)).resolve() if address else path
            target = target / "index.html" if target.is_dir() else target
            shown = f"{path.relative_to(book)}: {link}"
            if not target.is_relative_to(book) or not target.is_file():
                wrong.append(f"{shown} leads nowhere")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                wrong.append(f"{shown} leads to no place of that page")
    print("\n".join(sorted(set(wrong))))
    print(f"{len(pages)} pages, {followed} links, {len(set(wrong))} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
