"""Posting JSON to a URL that is a secret itself: no error, log or trace may name it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import httpx2

from sre_copilot_hookspecs import CopilotError, SettingsError

# It writes the whole URL of every request at INFO, and there the URL is the password.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)

IDEMPOTENCY_KEY = "Idempotency-Key"
"""The header by which a receiver knows a message that it has already."""


class NotTold(CopilotError):
    """A receiver did not take a message; it may be sent again."""


@attrs.frozen
class Mailbox:
    """One URL."""

    name: str
    """How it is called in sentences, such as ``webhook``."""
    url: str = attrs.field(repr=False)
    timeout: float
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    ca_certificate: Path | None = None

    def __attrs_post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"notify.{self.name} must be a URL that begins with https:// or http://")

    async def post(self, document: object, *, key: str) -> None:
        """Send a document, once.

        :param key: the same for every attempt to send the same.
        :raises NotTold: if it was not taken; the text never has the URL in it.
        """
        problem = await self._problem(document, key)
        # Raised here, so that no other error, which might show the URL, hangs on it.
        if problem:
            raise NotTold(f"The {self.name} {problem}. Check notify.{self.name}.")

    async def _problem(self, document: object, key: str) -> str:
        try:
            async with asyncio.timeout(self.timeout):
                status = await self._send(document, key)
        except (TimeoutError, httpx2.TimeoutException):
            return f"did not answer within {self.timeout:g} s"
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ssl.SSLError) as failure:
            if _is_about_trust(failure):
                return "has a certificate that is not trusted; notify.ca_certificate may name who signed it"
            return f"could not be reached ({type(failure).__name__})"
        if 300 <= status < 400:
            return f"answered with status {status}; a redirect is not followed, since it would tell somebody else"
        return "" if 200 <= status < 300 else f"answered with status {status}"

    async def _send(self, document: object, key: str) -> int:
        verify = ssl.create_default_context(cafile=self.ca_certificate) if self.ca_certificate is not None else True
        headers = {**self.headers, IDEMPOTENCY_KEY: key, "User-Agent": "sre-copilot"}
        async with (
            httpx2.AsyncClient(timeout=self.timeout, verify=verify, trust_env=False) as client,
            # What is answered is of no use, however long it may be.
            client.stream("POST", self.url, json=document, headers=headers, follow_redirects=False) as response,
        ):
            return response.status_code


def _is_about_trust(failure: BaseException) -> bool:
    found: BaseException | None = failure
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(found):
            return True
        found = found.__cause__ or found.__context__
    return False
