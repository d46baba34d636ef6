"""HTTP servers that take messages, or do not."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs


@attrs.frozen
class Got:
    """One message."""

    path: str
    headers: Mapping[str, str]
    document: Any


@attrs.define
class Receiver:
    """A running server."""

    url: str
    got: list[Got]
    released: threading.Event


Answer = Callable[[int], tuple[int, Mapping[str, str]] | None]
"""From the number of the message, from 0, to status and headers; ``None`` hangs."""


@contextlib.contextmanager
def receiver(answer: Answer = lambda number: (200, {}), certificate: Path | None = None) -> Iterator[Receiver]:
    """A server on the loopback; with a certificate it speaks TLS."""
    found = Receiver("", [], threading.Event())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(Got(self.path, dict(self.headers), json.loads(body)))
            told = answer(len(found.got) - 1)
            if told is None:
                found.released.wait(20)
                return
            status, headers = told
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if certificate is not None else "http"
    found.url = f"{scheme}://127.0.0.1:{server.server_port}/hook/s3cr3t-path"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.released.set()
        server.shutdown()
        server.server_close()
