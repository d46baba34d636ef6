"""A server with Loki's documented interface over log lines in memory, which refuses what Loki refuses."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from tests.loki_logql import ParseError, Parser

MAX_ENTRIES = 5_000
MAX_QUERY_LENGTH = 721 * 3600 * 10**9
"""30 days and one hour, Loki's default."""


@attrs.frozen
class Stored:
    """One line with the labels of its stream and its structured metadata."""

    nanoseconds: int
    text: str
    labels: Mapping[str, str]
    metadata: Mapping[str, str] = attrs.field(factory=dict)


@attrs.define
class Loki:
    """What the server holds, what it demands, what it was asked, and how it misbehaves."""

    lines: list[Stored] = attrs.field(factory=list)
    tenant: str | None = None
    credentials: str | None = None
    """The whole Authorization header."""
    fault: Fault | None = None
    asked: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    url: str = ""


@attrs.frozen
class Fault:
    """An answer in place of the right one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    hang: float = 0.0
    """Seconds before it is sent."""
    only: str = ""
    """The last part of the path it is given to; empty for all."""


class Refused(Exception):
    """An answer with an error status and a sentence in plain text."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status


@contextmanager
def loki(**settings: Any) -> Iterator[Loki]:
    """A running server on a free loopback port."""
    held = Loki(**settings)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            fields = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            held.asked.append((parts.path, fields))
            try:
                status, body, headers = self._answer(parts.path, fields)
            except Refused as refused:
                status, body, headers = refused.status, f"{refused}\n".encode(), {"Content-Type": "text/plain"}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self, path: str, fields: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
            fault = held.fault
            if fault is not None and path.endswith(fault.only):
                time.sleep(fault.hang)
                return fault.status, fault.body, fault.headers
            if held.credentials is not None and self.headers.get("Authorization") != held.credentials:
                raise Refused(401, "unauthorized")
            if held.tenant is not None and self.headers.get("X-Scope-OrgID") != held.tenant:
                raise Refused(401, "no org id")
            body = json.dumps({"status": "success", "data": answered(held, path, fields)}).encode()
            return 200, body, {"Content-Type": "application/json; charset=UTF-8"}

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def answered(held: Loki, path: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
    """The data of an answer."""
    try:
        if path == "/loki/api/v1/query_range":
            return streams(held.lines, fields)
        if path == "/loki/api/v1/query":
            return vector(held.lines, fields)
    except ParseError as error:
        raise Refused(400, f"parse error at line 1, col 1: {error}") from error
    raise Refused(404, "404 page not found")


def streams(lines: Sequence[Stored], fields: Mapping[str, str]) -> Mapping[str, Any]:
    """Lines of a span, grouped by stream."""
    start, end, limit = number(fields, "start"), number(fields, "end"), number(fields, "limit", 100)
    if end <= start:
        raise Refused(400, "end timestamp must not be before or equal to start time")
    if limit <= 0:
        raise Refused(400, "limit must be a positive value")
    if limit > MAX_ENTRIES:
        raise Refused(400, f"max entries limit per query exceeded, limit > max_entries_limit ({limit} > {MAX_ENTRIES})")
    if end - start > MAX_QUERY_LENGTH:
        raise Refused(400, "the query time range exceeds the limit (query length, limit: 30d1h)")
    if fields.get("direction", "backward") not in ("forward", "backward"):
        raise Refused(400, f"invalid direction '{fields['direction']}'")
    selection = Parser(fields.get("query", "")).selection()
    found = [
        line
        for line in lines
        if start <= line.nanoseconds < end and selection.streams(line.labels) and selection.lines(line.text)
    ]
    backward = fields.get("direction", "backward") == "backward"
    found.sort(key=lambda line: line.nanoseconds, reverse=backward)
    grouped: dict[str, list[Stored]] = defaultdict(list)
    for line in found[:limit]:
        # Structured metadata tells streams of an answer apart, as labels do.
        grouped[json.dumps({**line.labels, **line.metadata}, sort_keys=True)].append(line)
    result = [
        {"stream": json.loads(labels), "values": [[str(line.nanoseconds), line.text] for line in group]}
        for labels, group in grouped.items()
    ]
    return {"resultType": "streams", "result": result, "stats": {}}


def vector(lines: Sequence[Stored], fields: Mapping[str, str]) -> Mapping[str, Any]:
    """Counts at an instant. A range leaves out its start and includes its end."""
    at = number(fields, "time")
    query = fields.get("query", "")
    if query.lstrip().startswith("{"):
        raise Refused(400, "log queries are not supported as an instant query type, please change your query")
    result = []
    for count in Parser(query).counts():
        totals: dict[tuple[str, ...], int] = defaultdict(int)
        for line in lines:
            inside = at - count.nanoseconds < line.nanoseconds <= at
            if inside and count.selection.streams(line.labels) and count.selection.lines(line.text):
                labels = {**line.labels, **line.metadata}
                totals[tuple(labels.get(name, "") for name in count.by)] += 1
        for values, total in totals.items():
            found = {name: value for name, value in zip(count.by, values, strict=True) if value}
            added = {name: value for name, value in count.added.items() if value}
            result.append({"metric": {**found, **added}, "value": [at / 1e9, str(total)]})
    return {"resultType": "vector", "result": result, "stats": {}}


def number(fields: Mapping[str, str], name: str, default: int | None = None) -> int:
    """A whole number among the parameters; times are in nanoseconds."""
    if name not in fields and default is not None:
        return default
    try:
        return int(fields[name])
    except (KeyError, ValueError):
        raise Refused(400, f"could not parse '{name}' parameter") from None


def basic(name: str, password: str) -> str:
    """The header of basic authentication."""
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"
