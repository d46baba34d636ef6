"""A server that answers like Prometheus, or as badly as a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import attrs
from whenever import Instant

from sre_copilot_hookspecs import (
    Cluster,
    Dialect,
    Missing,
    Reading,
    ReadRequest,
    RequestSigner,
    Sample,
    Signal,
    TemporalConnection,
)
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from tests.exposition_targets import DIALECTS


@attrs.frozen
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    parameters: str = ""
    """What follows the question mark."""

    @property
    def query(self) -> str:
        return parse_qs(self.body.decode()).get("query", [""])[0]


@attrs.frozen
class Told:
    """An answer."""

    body: bytes | str
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)


def vector(series: Sequence[tuple[Mapping[str, str], float | str]], **more: object) -> Told:
    """A successful instant query."""
    result = [{"metric": dict(labels), "value": [1.0, str(value)]} for labels, value in series]
    data = {"resultType": "vector", "result": result}
    return Told(json.dumps({"status": "success", "data": data, **more}))


def names(*found: str) -> Told:
    """The names of all families."""
    return Told(json.dumps({"status": "success", "data": list(found)}))


def error(status: int, text: str, kind: str = "bad_data") -> Told:
    """A refusal, as Prometheus words it."""
    return Told(json.dumps({"status": "error", "errorType": kind, "error": text}), status)


Handle = Callable[[Asked], Told | Awaitable[Told]]


def members_of(query: str) -> list[tuple[str, str]]:
    """The members of a query, each with its number."""
    found = []
    for part in query.split("label_replace(")[1:]:
        member, _, rest = part.rpartition(', "copilot_member", ')
        if member:
            found.append((rest.split('"')[1], member))
    return found


def healthy(values: Mapping[str, float | str] | None = None, *, up: int = 1, **more: object) -> Handle:
    """A server whose roles are up and whose measures have the values that the texts in them are mapped to."""

    def handle(asked: Asked) -> Told:
        if "/label/" in asked.path:
            return names("up", "jobs", "jobs_done", "wait_bucket", "depth")
        series = []
        for number, member in members_of(asked.query):
            value = _about_targets(member, up) if "up{" in member and "sum (" not in member else None
            value = next((each for text, each in (values or {}).items() if text in member), value)
            if value is not None:
                series.append(({"copilot_member": number}, value))
        return vector(series, **more)

    return handle


def _about_targets(member: str, up: int) -> float | None:
    if member.startswith("count(up"):
        return 2
    if member.startswith("sum(up"):
        return up
    if member.startswith("time() - max(timestamp"):
        return 4.5
    return 1 if member.startswith("group(") and up else None


@attrs.define
class FakePrometheus:
    """What it is asked, and what it answers."""

    handle: Handle
    port: int = 0
    asked: list[Asked] = attrs.field(factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def queries(self) -> list[str]:
        return [each.query for each in self.asked if each.path.endswith("/query")]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            method, target, _ = first.split(" ")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            parts = urlsplit(target)
            asked = Asked(method, parts.path, headers, body, parts.query)
            self.asked.append(asked)
            found = self.handle(asked)
            told = found if isinstance(found, Told) else await found
            content = told.body.encode() if isinstance(told.body, str) else told.body
            more = "".join(f"{name}: {value}\r\n" for name, value in told.headers.items())
            start = f"HTTP/1.1 {told.status} So\r\nContent-Length: {len(content)}\r\nConnection: close\r\n{more}\r\n"
            writer.write(start.encode() + content)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fake_prometheus(handle: Handle) -> AsyncIterator[FakePrometheus]:
    """A :class:`FakePrometheus` on a free port."""
    fake = FakePrometheus(handle)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, limit=1 << 20)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        # Not wait_closed(): on recent Pythons it waits for handlers that hang on purpose.
        server.close()


def cluster_of(settings: PrometheusSettings) -> Cluster:
    """A cluster with these settings."""
    return Cluster("prod", TemporalConnection(), sections={PrometheusSettings: settings})


async def opened(
    fake: FakePrometheus,
    *,
    signers: Sequence[RequestSigner] = (),
    dialects: Sequence[Dialect] = DIALECTS,
    **settings: object,
) -> PrometheusSource:
    """A source that asks this server."""
    source = PrometheusSource(dialects, signers)
    await source.open(cluster_of(PrometheusSettings(fake.url, **settings)))  # type: ignore[arg-type]
    return source


async def read_from(
    handle: Handle, *signals: Signal, deadline: float = 5.0, **settings: object
) -> tuple[dict[str, Sample | Missing], FakePrometheus]:
    """One reading of a server that answers so, and what the server was asked."""
    async with fake_prometheus(handle) as fake:
        source = await opened(fake, **settings)
        reading = await read(source, *signals, deadline=deadline)
        await source.close()
        return dict(reading.samples), fake


async def read(source: PrometheusSource, *signals: Signal, deadline: float = 5.0) -> Reading:
    """One reading."""
    return await source.read(ReadRequest(Instant.now(), "prod", signals, deadline))
