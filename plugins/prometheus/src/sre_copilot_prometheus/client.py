"""Requests to one Prometheus server: signed, bounded in time and in size."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import attrs
import httpx2
from whenever import Instant

from sre_copilot_hookspecs import CopilotError, MissingReason, OutgoingRequest, RequestSigner
from sre_copilot_prometheus.answers import Answer, decoded, matrix_of, refusal, strings_of, vector_of
from sre_copilot_prometheus.failures import QueryFailed
from sre_copilot_prometheus.settings import PrometheusSettings

_FORM = "application/x-www-form-urlencoded"
_Fields = Sequence[tuple[str, str]]


@attrs.frozen
class PrometheusClient:
    """Asks one server. Every failure is a :class:`QueryFailed` with a sentence."""

    http: httpx2.AsyncClient
    settings: PrometheusSettings
    signer: RequestSigner | None = None

    @property
    def place(self) -> str:
        """The server as sentences name it."""
        return f"Prometheus at {self.settings.url}"

    async def query(self, promql: str) -> Answer:
        """The values of a query now, by the server's clock.

        :raises QueryFailed: if there is no usable answer.
        """
        return vector_of(await self._posted("query", [("query", promql)]), self.place)

    async def query_range(self, promql: str, start: Instant, end: Instant, step: float) -> Answer:
        """The values of a query at every ``step`` seconds from ``start`` to ``end``.

        :raises QueryFailed: if there is no usable answer.
        """
        fields = [
            ("query", promql),
            ("start", f"{start.timestamp(unit='millisecond') / 1000:.3f}"),
            ("end", f"{end.timestamp(unit='millisecond') / 1000:.3f}"),
            ("step", f"{step:g}"),
        ]
        return matrix_of(await self._posted("query_range", fields), self.place)

    async def label_values(self, label: str, selector: str = "") -> frozenset[str]:
        """Every value that a label has on the selected series, or on all.

        :raises QueryFailed: if there is no usable answer.
        """
        # As text: label values are asked for with GET everywhere, with POST almost nowhere.
        # A space as %20: signatures are computed over that spelling.
        chosen = f"?{urlencode([('match[]', selector)], quote_via=quote)}" if selector else ""
        return strings_of(await self._asked("GET", f"label/{label}/values{chosen}", b""), self.place)

    async def _posted(self, path: str, fields: _Fields) -> Mapping[str, Any]:
        limit = f"{self.settings.timeout:g}s"
        return await self._asked("POST", path, urlencode([*fields, ("timeout", limit)]).encode())

    async def _asked(self, method: str, path: str, body: bytes) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self.settings.timeout):
                status, content = await self._sent(method, path, body)
        except TimeoutError:
            sentence = f"{self.place} did not answer within {self.settings.timeout:g} s."
            raise QueryFailed(MissingReason.UNREACHABLE, sentence) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            said = str(error).rstrip(".") or type(error).__name__
            raise QueryFailed(MissingReason.UNREACHABLE, f"{self.place} cannot be reached: {said}.") from error
        if status != httpx2.codes.OK:
            raise refusal(status, content, self.place)
        # Large answers take a while, and the rest of the cycle goes on meanwhile.
        return await asyncio.to_thread(decoded, content, self.place)

    async def _sent(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        url = f"{self.settings.url.rstrip('/')}/api/v1/{path}"
        headers = await self._headers(method, url, body)
        async with self.http.stream(method, url, content=body, headers=headers) as response:
            return response.status_code, await self._content(response)

    async def _content(self, response: httpx2.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self.settings.max_body:
                sentence = f"{self.place} sends more than {self.settings.max_body} bytes (prometheus.max_body)."
                raise QueryFailed(MissingReason.REJECTED, sentence)
            parts.append(part)
        return b"".join(parts)

    async def _headers(self, method: str, url: str, body: bytes) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sre-copilot"}
        if body:
            headers["Content-Type"] = _FORM
        if self.settings.tenant:
            headers["X-Scope-OrgID"] = self.settings.tenant
        if self.settings.bearer:
            headers["Authorization"] = f"Bearer {self.settings.bearer}"
        elif self.settings.username:
            pair = f"{self.settings.username}:{self.settings.password or ''}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        if self.signer is None:
            return headers
        try:
            signed = await asyncio.to_thread(self.signer.sign, OutgoingRequest(method, url, headers, body))
        except Exception as error:
            said = str(error) if isinstance(error, CopilotError) else f"{type(error).__name__}: {error}."
            sentence = f"The request signer {self.signer.key} failed: {said}"
            raise QueryFailed(MissingReason.REJECTED, sentence) from error
        # A signature covers headers under the names that it was given; a second spelling would void it.
        replaced = {name.lower() for name in signed}
        return {**{name: value for name, value in headers.items() if name.lower() not in replaced}, **signed}
