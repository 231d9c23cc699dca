"""Presidio's analyzer behind HTTP as its own image serves it (`POST /analyze`), with its pattern recognizers and one for a
made-up patient number; without a language model, which would have to be downloaded. Prints its port."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.analyzer_request import AnalyzerRequest
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, EmailRecognizer, IbanRecognizer


def engine():
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    patient = PatternRecognizer(
        supported_entity="PATIENT_ID", patterns=[Pattern("patient", r"\bPAT-\d{6}\b", 0.9)], supported_language="en"
    )
    recognizers = [CreditCardRecognizer(), EmailRecognizer(), IbanRecognizer(), patient]
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        try:
            asked = AnalyzerRequest(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            results = ENGINE.analyze(
                text=asked.text,
                language=asked.language,
                entities=asked.entities,
                score_threshold=asked.score_threshold,
                return_decision_process=asked.return_decision_process,
            )
            self.answer(200, [result.to_dict() for result in results])
        except Exception as error:  # as its own server does
            self.answer(500, {"error": str(error)})

    def answer(self, status, body):
        body = json.dumps(body, default=str, sort_keys=True).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ENGINE = engine()

if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
    sys.exit(0)
