"""What holds for every request and every answer: limits, access, headers, and the time it took."""

from __future__ import annotations

from time import perf_counter

import falcon
from falcon.asgi import Request, Response

from sre_copilot.api.access import Access
from sre_copilot.api.instruments import Instruments
from sre_copilot.api.rates import Rates

LARGEST_BODY = 64 * 1024
"""Bytes. Whoever announces more is turned away before it arrives."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page that the copilot serves loads everything from the copilot, and nothing else may be loaded."""

HEADERS = (
    # Every answer is about now.
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", CONTENT_POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Manners:
    """Turns away whoever may not ask or asks too much; says how answers are to be treated."""

    def __init__(self, access: Access, rates: Rates, instruments: Instruments, open_paths: frozenset[str]) -> None:
        self._access = access
        self._rates = rates
        self._instruments = instruments
        self._open_paths = open_paths

    async def process_request(self, request: Request, response: Response) -> None:
        """Before a route is looked for: nobody learns which there are without being let in."""
        request.context.began = perf_counter()
        response.set_headers(HEADERS)
        client = request.scope.get("client")
        self._rates.check(client[0] if client else "")
        if request.path not in self._open_paths:
            self._access.check(request.get_header("Authorization"), is_write=request.method not in READS)
        if (request.content_length or 0) > LARGEST_BODY:
            raise falcon.HTTPContentTooLarge(title="Too large", description=f"A body may have {LARGEST_BODY:,} bytes.")

    async def process_response(self, request: Request, response: Response, _resource: object, _succeeded: bool) -> None:
        """After the answer was made."""
        began = getattr(request.context, "began", None)
        if began is not None:
            self._instruments.answered(request.uri_template, str(response.status), perf_counter() - began)
