"""Requests to one Loki server, bounded in time and in size.

Used of its HTTP interface: ``GET /loki/api/v1/query_range`` for lines (``start`` included, ``end`` not, both in
nanoseconds, ``direction=forward``) and ``GET /loki/api/v1/query`` for counts at an instant.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from urllib.parse import urlencode

import attrs
import httpx2

from sre_copilot_hookspecs import LineCount
from sre_copilot_loki.answers import Entry, counts_of, entries_of
from sre_copilot_loki.problems import LokiProblem, refusal
from sre_copilot_loki.settings import LokiSettings


@attrs.frozen
class LokiClient:
    """Asks one server. Every failure is a :class:`LokiProblem` with a sentence."""

    http: httpx2.AsyncClient
    settings: LokiSettings

    @property
    def place(self) -> str:
        """The server as sentences name it."""
        return f"Loki at {self.settings.url}"

    async def lines(self, query: str, start: int, end: int) -> tuple[Entry, ...]:
        """The first lines from ``start`` up to but not including ``end``, oldest first, at most ``limit``.

        :param start: nanoseconds since the epoch; ``end`` likewise.
        :raises LokiProblem: if there is no usable answer.
        """
        limit = self.settings.limit
        fields = [("query", query), ("start", str(start)), ("end", str(end)), ("limit", str(limit))]
        content = await self._asked("query_range", [*fields, ("direction", "forward")])
        # Large answers take a while, and the rest of the cycle goes on meanwhile.
        return await asyncio.to_thread(entries_of, content, self.place)

    async def counts(self, query: str, at: int) -> tuple[LineCount, ...]:
        """The counts of a query at an instant.

        :param at: nanoseconds since the epoch. A range in the query ends with it, and includes it.
        :raises LokiProblem: if there is no usable answer.
        """
        content = await self._asked("query", [("query", query), ("time", str(at))])
        return counts_of(content, self.settings.service_label, self.place)

    async def _asked(self, path: str, fields: Sequence[tuple[str, str]]) -> bytes:
        url = f"{self.settings.url.rstrip('/')}/loki/api/v1/{path}?{urlencode(fields)}"
        try:
            async with asyncio.timeout(self.settings.timeout):
                status, content, retry_after = await self._sent(url)
        except TimeoutError:
            raise LokiProblem(f"{self.place} did not answer within {self.settings.timeout:g} s.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            said = str(error).rstrip(".") or type(error).__name__
            raise LokiProblem(f"{self.place} cannot be reached: {said}.") from error
        if status != httpx2.codes.OK:
            raise refusal(status, content, retry_after, self.place)
        return content

    async def _sent(self, url: str) -> tuple[int, bytes, str | None]:
        async with self.http.stream("GET", url, headers=self._headers()) as response:
            return response.status_code, await self._content(response), response.headers.get("Retry-After")

    async def _content(self, response: httpx2.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self.settings.max_body:
                raise LokiProblem(f"{self.place} sends more than {self.settings.max_body} bytes (loki.max_body).")
            parts.append(part)
        return b"".join(parts)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sre-copilot"}
        if self.settings.tenant:
            headers["X-Scope-OrgID"] = self.settings.tenant
        if self.settings.bearer:
            headers["Authorization"] = f"Bearer {self.settings.bearer}"
        elif self.settings.username:
            pair = f"{self.settings.username}:{self.settings.password or ''}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers
