"""Targets for tests of direct scraping: recorded, made up, and served over HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from whenever import Instant, TimeDelta

from sre_copilot_exposition.digest import digest
from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.exposition_text import Body
from sre_copilot_exposition.needs import Needs
from sre_copilot_exposition.outcome import Outcome
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.sample_lines import SampleParser
from sre_copilot_exposition.series import SeriesTable
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.targets import Target
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import Cluster, Dialect, Emitter, Expr, Signal, TemporalConnection, Worst

SCRAPES = Path(__file__).parent / "data" / "scrapes"

NATIVE = Dialect("native", Emitter.SERVER, "the server's own reporter", first_timer_bound=0.001)
OPENTELEMETRY = Dialect(
    "opentelemetry",
    Emitter.SERVER,
    "a server with the OpenTelemetry reporter",
    counter="{name}_total",
    timer="{name}_milliseconds",
    timer_scale=0.001,
    count_histogram="{name}_ratio",
    byte_histogram="{name}_bytes",
    first_timer_bound=1.0,
    raw_label_values=True,
)
SDK_MILLISECONDS = Dialect(
    "sdk-milliseconds",
    Emitter.SDK,
    "the default of the SDKs",
    timer_scale=0.001,
    first_timer_bound=50.0,
    raw_label_values=True,
)
SDK_SECONDS = Dialect("sdk-seconds", Emitter.SDK, "durations as seconds", first_timer_bound=0.05, raw_label_values=True)
SDK_SUFFIXES = Dialect(
    "sdk-suffixes",
    Emitter.SDK,
    "durations as seconds, with suffixes",
    counter="{name}_total",
    timer="{name}_seconds",
    first_timer_bound=0.05,
    raw_label_values=True,
)
DIALECTS = (NATIVE, OPENTELEMETRY, SDK_MILLISECONDS, SDK_SECONDS, SDK_SUFFIXES)


def recorded(name: str) -> bytes:
    """A recorded scrape, such as ``steady.server.t0``."""
    return gzip.decompress((SCRAPES / f"{name}.prom.gz").read_bytes())


def signal_of(expression: Expr, key: str = "test.signal", **more: object) -> Signal:
    """A signal that measures the expression."""
    declared: dict[str, object] = {
        "key": key,
        "category": "primary",
        "service": "history",
        "unit": expression.unit,
        "asks": "?",
        "measure": expression,
        **more,
    }
    return Signal(**declared)  # type: ignore[arg-type]


def view_of(
    scrapes: Sequence[tuple[float, bytes | str | None]],
    *expressions: Expr,
    role: str = "server",
    instance: str = "temporal:9090",
    dialects: Sequence[Dialect] = DIALECTS,
    openmetrics: bool = False,
) -> TargetView:
    """A target that was scraped at these seconds with these texts; ``None`` where it did not answer."""
    emitter = Emitter.SERVER if role == "server" else Emitter.SDK
    spoken = [dialect for dialect in dialects if dialect.emitter is emitter]
    target = Target(role, instance, f"http://{instance}/metrics", instance, instance)
    signals = [
        signal_of(each, dimensions=each.labels, worst=Worst.SUM if each.labels else None) for each in expressions
    ]
    needs = Needs().with_signals(signals, role)
    parser = SampleParser(SeriesTable(target.labels))
    taken, detected = [], None
    for second, text in scrapes:
        at = round(second * 1000)
        if text is None:
            taken.append(Scrape(at, 0.0, error=f"{target.url} did not answer within 3 s"))
            continue
        content = text.encode() if isinstance(text, str) else text
        found = digest(Body(content, openmetrics), needs, spoken, parser, at, 10**6)
        taken.append(found.scrape)
        detected = found.detected
    dialect = detected.dialect if detected else spoken[0]
    return TargetView(target, dialect, tuple(taken), bool(detected and detected.foreign))


def evaluated(expression: Expr, *views: TargetView, at: float, edition: Edition = Edition.THIRD) -> Outcome:
    """The outcome of an expression at that second."""
    return Evaluator("prod", views, round(at * 1000), edition).evaluate(expression)


def value_of(expression: Expr, *views: TargetView, at: float, edition: Edition = Edition.THIRD) -> float:
    """The single value of an expression at that second."""
    outcome = evaluated(expression, *views, at=at, edition=edition)
    assert set(outcome.values) == {()}, outcome
    return outcome.values[()].number


def cluster_of(settings: ExpositionSettings, name: str = "prod") -> Cluster:
    """A cluster with these settings."""
    return Cluster(name, TemporalConnection(), sections={ExpositionSettings: settings})


class SteppingClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = Instant.from_utc(2026, 1, 1)

    def __call__(self) -> Instant:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += TimeDelta(seconds=seconds)


Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answering(
    body: bytes | str,
    *,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    packed: bool = False,
) -> Respond:
    """A handler that sends this body."""
    content = body.encode() if isinstance(body, str) else body
    content = gzip.compress(content) if packed else content
    lines = {"Content-Length": str(len(content)), "Connection": "close", **(headers or {})}
    if packed:
        lines["Content-Encoding"] = "gzip"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content)
        await writer.drain()

    return respond


class FakeTarget:
    """An HTTP server whose answer can be exchanged."""

    def __init__(self) -> None:
        self.respond: Respond = answering("")
        self.requests: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/metrics"

    def serve(self, body: bytes | str, **how: object) -> None:
        """Answer with this body from now on."""
        self.respond = answering(body, **how)  # type: ignore[arg-type]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await self.respond(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fake_target() -> AsyncIterator[FakeTarget]:
    """A :class:`FakeTarget` on a free port."""
    target = FakeTarget()
    server = await asyncio.start_server(target.handle, "127.0.0.1", 0)
    target.port = server.sockets[0].getsockname()[1]
    try:
        yield target
    finally:
        # Not wait_closed(): on recent Pythons it waits for handlers that hang on purpose.
        server.close()
