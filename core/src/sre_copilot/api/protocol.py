"""HTTP with a bound on what comes before the body, and refusals that are problem documents."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sre_copilot.api.manners import LARGEST_BODY
from sre_copilot.api.problems import PROBLEM_JSON, problem_json

LARGEST_HEAD = 32 * 1024
"""Bytes of a request line with its headers: without a bound they are collected as long as they come."""

SPOKEN = ("1.0", "1.1")
LAST_WORD = 0.5
"""Seconds in which a client that is refused can read why; what it still sends is thrown away."""


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's protocol, which by itself collects headers without end."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head = 0
        self._head = 0
        self._in_head = True
        self._is_over = False

    def data_received(self, data: bytes) -> None:
        """Count what arrives before the headers are complete, then go on as usual."""
        if self._is_over:
            return
        if self._in_head:
            self._head += len(data)
            # Once the head is complete the rest of these bytes is body, which has its own limit.
            if self._head > LARGEST_HEAD and not self._ends_head(data):
                self._refuse(431, "Header too large", f"Request line and headers may have {LARGEST_HEAD:,} bytes.")
                return
        super().data_received(data)

    def _ends_head(self, data: bytes) -> bool:
        """Whether the head ends early enough in these bytes."""
        end = data.find(b"\r\n\r\n")
        return end >= 0 and self._head - len(data) + end <= LARGEST_HEAD

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """The head is complete."""
        if self.parser.get_http_version() not in SPOKEN:
            raise ValueError("another version of HTTP")  # which the parser passes on as an error of its own
        self._in_head, self._head = False, 0
        # The app would wait for the first part of a body before it could refuse it.
        announced = next((int(value) for name, value in self.headers if name == b"content-length"), 0)
        if announced > LARGEST_BODY:
            self._refuse(413, "Too large", f"A body may have {LARGEST_BODY:,} bytes.")
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body, which nobody wants once the request is refused."""
        if not self._is_over:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is complete; the next head may follow on the same connection."""
        if self._is_over:
            return
        super().on_message_complete()
        self._in_head, self._head = True, 0

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP."""
        self._refuse(400, "Not HTTP", msg)

    def _refuse(self, status: int, title: str, detail: str) -> None:
        body = problem_json(status, title, detail)
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: {PROBLEM_JSON}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._is_over = True
        self.transport.write(head.encode() + body)
        # Closed at once, what still arrives would make the system throw the answer away before it is read.
        self.loop.call_later(LAST_WORD, self.transport.close)
