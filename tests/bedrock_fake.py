"""A bucket and a knowledge base over HTTP, for programs that AWS_ENDPOINT_URL leads to it.

As strict as it can be without keys: unknown ids, unsigned requests and a second ingestion at a time are refused with
the answers that AWS gives, and nothing is found before it was ingested.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import attrs

BASE, SOURCE, BUCKET = "KB12345678", "DS12345678", "guides-of-ours"
_JOBS = f"/knowledgebases/{BASE}/datasources/{SOURCE}/ingestionjobs/"
_STARTED = "2026-03-01T12:00:00Z"


@attrs.define
class FakeBedrock:
    """What it holds."""

    url: str = ""
    objects: dict[str, str] = attrs.field(factory=dict)
    searchable: dict[str, str] = attrs.field(factory=dict)
    jobs: list[dict[str, Any]] = attrs.field(factory=list)
    throttles: bool = False

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """Status and document of an answer; text is sent as it is."""
        if self.throttles:
            return 429, error("ThrottlingException", "Rate exceeded")
        if path.startswith("/knowledgebases/"):
            return self._knowledge(method, path, json.loads(body or b"{}"))
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        if bucket != BUCKET:
            return 404, "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"
        if method == "PUT":
            self.objects[key] = body.decode()
            return 200, ""
        if key not in self.objects:
            return 404, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
        return 200, self.objects[key]

    def _knowledge(self, method: str, path: str, asked: dict[str, Any]) -> tuple[int, object]:
        if path == f"/knowledgebases/{BASE}/retrieve" and method == "POST":
            return 200, {"retrievalResults": self._found(asked)}
        if path == _JOBS and method == "PUT":
            return self._begin()
        if path == _JOBS and method == "POST":
            return 200, {"ingestionJobSummaries": list(reversed(self.jobs))[: asked["maxResults"]]}
        if path == f"/knowledgebases/{BASE}/datasources/{SOURCE}" and method == "GET":
            return 200, {"dataSource": data_source()}
        return 404, error("ResourceNotFoundException", "It does not exist.")

    def _begin(self) -> tuple[int, object]:
        if any(job["status"] == "IN_PROGRESS" for job in self.jobs):
            return 409, error("ConflictException", "There is an ongoing ingestion job.")
        number = len(self.jobs)
        ids = {"knowledgeBaseId": BASE, "dataSourceId": SOURCE, "ingestionJobId": f"JOB{number:07}"}
        job = {**ids, "status": "IN_PROGRESS", "startedAt": _STARTED, "updatedAt": _STARTED}
        self.jobs.append(job)
        return 202, {"ingestionJob": job}

    def finish(self) -> None:
        """End the ingestion that is under way."""
        self.searchable = dict(self.objects)
        counts = {"numberOfDocumentsScanned": len(self.objects), "numberOfDocumentsFailed": 0}
        self.jobs[-1] |= {"status": "COMPLETE", "statistics": counts}

    def _found(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        words = set(re.findall(r"\w+", asked["retrievalQuery"]["text"].lower()))
        ranked = sorted(self.searchable.items(), key=lambda item: -_overlap(words, item[1]))
        limit = asked["retrievalConfiguration"]["vectorSearchConfiguration"]["numberOfResults"]
        return [
            {
                "content": {"text": text, "type": "TEXT"},
                "location": {"type": "S3", "s3Location": {"uri": f"s3://{BUCKET}/{key}"}},
                "score": _overlap(words, text),
            }
            for key, text in ranked[:limit]
        ]


def _overlap(words: set[str], text: str) -> float:
    return len(words & set(re.findall(r"\w+", text.lower()))) / max(1, len(words))


def data_source() -> dict[str, Any]:
    """The one there is: it reads the bucket."""
    configuration = {"type": "S3", "s3Configuration": {"bucketArn": f"arn:aws:s3:::{BUCKET}"}}
    return {
        "knowledgeBaseId": BASE,
        "dataSourceId": SOURCE,
        "name": "guides",
        "status": "AVAILABLE",
        "dataSourceConfiguration": configuration,
        "createdAt": _STARTED,
        "updatedAt": _STARTED,
    }


def error(code: str, message: str) -> dict[str, str]:
    """A refusal as its REST protocol has it."""
    return {"__type": code, "message": message}


@contextmanager
def fake_bedrock() -> Iterator[FakeBedrock]:
    """Serve on a free port until the block ends."""
    fake = FakeBedrock()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
            path = self.path.partition("?")[0]
            status, said = fake.answer(self.command, path, body) if signed else (403, error("AccessDenied", "Unsigned"))
            text = said if isinstance(said, str) else json.dumps(said)
            self.send_response(status)
            if isinstance(said, dict) and "__type" in said:
                self.send_header("x-amzn-ErrorType", said["__type"])
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
