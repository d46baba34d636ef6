"""One HTTP request for metrics, bounded in time and in size."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx2

from sre_copilot_exposition.exposition_text import Body
from sre_copilot_exposition.targets import Target

# As Prometheus sends it, so that a target offers us the very names it offers Prometheus.
_ACCEPT = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
_HEADERS = {"Accept": _ACCEPT, "Accept-Encoding": "gzip", "User-Agent": "sre-copilot"}
_GZIP = zlib.MAX_WBITS | 16


class ScrapeFailed(Exception):
    """A target did not answer with metrics; the text follows the target's URL in a sentence."""


async def fetch(client: httpx2.AsyncClient, target: Target, max_body: int, bearer: str | None = None) -> Body:
    """What a target sends now.

    :raises ScrapeFailed: for everything that goes wrong on the way.
    """
    authorization = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    try:
        async with client.stream(
            "GET",
            target.url,
            headers={**_HEADERS, **authorization, "Host": target.host},
            extensions={"sni_hostname": target.server_name},
        ) as response:
            if response.status_code != httpx2.codes.OK:
                raise ScrapeFailed(f"answered {response.status_code}")
            # Temporal Cloud says so where it leaves something out; what is left out would be taken for zero.
            completeness = response.headers.get("x-completeness", "complete")
            if completeness != "complete":
                raise ScrapeFailed(f"sends a part only (X-Completeness: {completeness}); ask for fewer namespaces")
            content = await _content(response, max_body)
            return Body(content, "openmetrics" in response.headers.get("content-type", ""))
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
        raise ScrapeFailed(f"could not be read: {_said(error)}") from error


def _said(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__


async def _content(response: httpx2.Response, max_body: int) -> bytes:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding not in ("identity", "gzip"):
        raise ScrapeFailed(f"answered in the encoding {encoding}, which was not asked for")
    parts: list[bytes] = []
    size = 0
    chunks = response.aiter_raw()
    async for part in _unpacked(chunks, max_body) if encoding == "gzip" else chunks:
        size += len(part)
        if size > max_body:
            raise ScrapeFailed(f"sends more than {max_body} bytes (exposition.max_body)")
        parts.append(part)
    return b"".join(parts)


async def _unpacked(chunks: AsyncIterator[bytes], max_body: int) -> AsyncIterator[bytes]:
    """Unpacks piece by piece, so that a small answer that unpacks to a huge one is noticed early."""
    piece = min(max_body, 1 << 20) + 1
    unpacker = zlib.decompressobj(_GZIP)
    async for packed in chunks:
        while packed:
            if unpacker.eof:  # a gzip file may have several members
                unpacker = zlib.decompressobj(_GZIP)
            try:
                yield unpacker.decompress(packed, piece)
            except zlib.error as error:
                raise ScrapeFailed(f"sends a broken gzip body: {error}") from error
            packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    if not unpacker.eof:
        raise ScrapeFailed("sends a truncated gzip body")
