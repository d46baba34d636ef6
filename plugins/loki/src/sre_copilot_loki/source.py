"""The narrative source that asks Loki."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import attrs
from httpx2 import AsyncClient
from whenever import Instant

from sre_copilot_hookspecs import Cluster, LogLines, LogRequest, SourceUnavailable
from sre_copilot_loki.client import LokiClient
from sre_copilot_loki.problems import LokiProblem
from sre_copilot_loki.settings import LokiSettings
from sre_copilot_loki.span import SpanReader, span_between

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SELECTOR = re.compile(r"\s*\{.+\}\s*", re.DOTALL)


class LokiSource:
    """Reads log lines from Loki. The cursor is the end of the newest span that was read whole.

    A span that could not be read is read again with the next, so that an outage of Loki delays lines and loses
    none.
    """

    key = "loki"

    def __init__(self) -> None:
        self._clients: dict[str, LokiClient] = {}
        self._left_alone_until: dict[str, float] = {}

    async def open(self, cluster: Cluster) -> bool:
        """Check the settings of a cluster; nothing is asked yet.

        :raises SourceUnavailable: if the URL, the selector or a certificate can never work.
        """
        settings = cluster.section(LokiSettings)
        if not settings.url:
            return False
        check(settings, cluster.name)
        self._clients[cluster.name] = LokiClient(_http(settings, cluster.name), settings)
        return True

    async def read(self, request: LogRequest) -> AsyncIterator[LogLines]:
        """The lines in chunks, or one chunk that says why there are none."""
        client = self._clients.get(request.cluster)
        if client is None:
            return
        since = _instant(request.cursor) or request.since
        until = request.until.subtract(seconds=client.settings.delay)
        if until <= since:
            yield _nothing(request, since)
            return
        remaining = self._left_alone_until.get(request.cluster, 0.0) - asyncio.get_running_loop().time()
        if remaining > 0:
            yield _nothing(request, since, f"{client.place} asked to be left alone for {remaining:.0f} s more.")
            return
        try:
            async with asyncio.timeout(request.deadline):
                chunks = [
                    chunk async for chunk in SpanReader(client, request.patterns).chunks(span_between(since, until))
                ]
        except TimeoutError:
            yield _nothing(request, since, f"{client.place} did not answer everything within {request.deadline:g} s.")
        except LokiProblem as problem:
            self._left_alone_until[request.cluster] = asyncio.get_running_loop().time() + problem.retry_after
            yield _nothing(request, since, str(problem))
        else:
            # Only once all are there: half a span read again would count lines twice.
            for chunk in chunks:
                yield attrs.evolve(chunk, cursor=until.format_iso())

    async def close(self) -> None:
        """Close all connections and forget everything."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.http.aclose()


def check(settings: LokiSettings, cluster: str) -> None:
    """Refuse settings that can never work.

    :raises SourceUnavailable: with a sentence that names the setting.
    """
    section = f"clusters.{cluster}.loki"
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise SourceUnavailable(f"{section}.url is not a base URL without credentials; write it like http://loki:3100.")
    if not _SELECTOR.fullmatch(settings.selector):
        raise SourceUnavailable(f'{section}.selector is no stream selector; write it like {{job="temporal"}}.')
    if not _LABEL.fullmatch(settings.service_label):
        raise SourceUnavailable(f"{section}.service_label is {settings.service_label!r}, which is no label name.")
    for name in ("timeout", "limit", "pages", "max_body"):
        if not getattr(settings, name) > 0:
            raise SourceUnavailable(f"{section}.{name} is {getattr(settings, name)}; it must be positive.")
    if not settings.delay >= 0:
        raise SourceUnavailable(f"{section}.delay is {settings.delay:g}; it cannot be negative.")


def _http(settings: LokiSettings, cluster: str) -> AsyncClient:
    # A server is asked at the address of the settings or not at all: no proxy is taken from the environment,
    # and no redirect followed, which could take the credentials elsewhere. Requests have their own deadline.
    return AsyncClient(timeout=None, trust_env=False, follow_redirects=False, verify=_trust(settings, cluster))


def _trust(settings: LokiSettings, cluster: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_certificate)
        if settings.client_certificate is not None:
            context.load_cert_chain(settings.client_certificate, settings.client_key)
    except (OSError, ssl.SSLError) as error:
        raise SourceUnavailable(f"A certificate of clusters.{cluster}.loki cannot be used: {error}.") from error
    return context


def _instant(cursor: str) -> Instant | None:
    try:
        return Instant.parse_iso(cursor)
    except ValueError:
        return None


def _nothing(request: LogRequest, since: Instant, problem: str = "") -> LogLines:
    # The cursor stands for what is still to be read, also when this is the first reading.
    return LogLines(request.since, request.until, (), problem=problem, cursor=since.format_iso())
