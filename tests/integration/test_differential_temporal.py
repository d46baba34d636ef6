"""A real Temporal server under load, read directly and through a real Prometheus at the same time.

Two comparisons. At one instant, the query of every built-in signal is evaluated by Prometheus, and its expression by
direct scraping's evaluator over the very samples that Prometheus has: they agree to 1e-9.

And direct scraping on its own, at its own instants, is held against what Prometheus saw. Counters only grow, so what
a series had at one of our scrapes lies between what Prometheus saw of it just before and just after. So for a window
with our outermost scrapes at ``first`` and ``last``, the growth that we saw lies

- above what Prometheus saw between its first scrape after ``first`` and its last one before ``last``,
- below what it saw between its last scrape before ``first`` and its first one after ``last``,

each of them some hundred milliseconds away: the bound is measured, not guessed. Extrapolation then multiplies it by
something between 1 and the window's share in the time between our two scrapes. Of series that come or go the lower
end is zero. A slow machine makes the bounds wider, and does not make the test fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from whenever import Instant

from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.source import ExpositionSource
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    Cluster,
    Dialect,
    Expr,
    Increase,
    Missing,
    ObservationRate,
    Rate,
    ReadRequest,
    SeriesFloor,
    Signal,
    TemporalConnection,
)
from sre_copilot_hookspecs.wire import COUNT, names_of, parts_of
from sre_copilot_prometheus.failures import CannotCompile
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from sre_copilot_prometheus.vocabulary import Vocabulary
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.integration.prometheus_server import Job, PrometheusServer, free_port, prometheus_server
from tests.prometheus_series import JOBS, Raw, views_at

pytestmark = [pytest.mark.differential, pytest.mark.integration, pytest.mark.xdist_group("temporal differential")]

TEMPORAL = Path(sys.executable).parent / "temporal"
WINDOW = 8
FEWEST = WINDOW // 2
"""Direct scrapes in a window that is worth looking at."""
WITHIN = 90.0
"""Seconds for the server to get under way, and for a crowded machine to let a window fill."""
Points = Sequence[tuple[float, float]]
"""Unix second and value of each sample of a series."""


def _short(signal: Signal) -> Signal:
    assert signal.measure is not None
    measure = signal.measure.scaled(1e-9, at_least=WINDOW)
    floor = signal.floor and SeriesFloor(signal.floor.measure.scaled(1e-9, at_least=WINDOW), signal.floor.at_least)
    return attrs.evolve(signal, measure=measure, floor=floor)


MEASURED = tuple(_short(signal) for signal in SIGNALS if signal.measure is not None)
MEASURES = {signal.key: signal.measure for signal in MEASURED if signal.measure is not None}
RATES = tuple(
    dict.fromkeys(
        attrs.evolve(part, by=())
        for measure in MEASURES.values()
        for part in measure.walk()
        if isinstance(part, Rate | Increase | ObservationRate)
    )
)
"""Everything that grows and is read by a signal."""


@contextlib.contextmanager
def running(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield process
        finally:
            # Nobody needs what they would still like to finish.
            process.kill()
            process.wait(10)


@contextlib.contextmanager
def temporal(folder: Path) -> Iterator[tuple[str, str]]:
    """Metrics endpoints of a server and of a worker that has something to do."""
    port, http, server, worker = (free_port() for _ in range(4))
    address = f"127.0.0.1:{port}"
    workload = [sys.executable, "-m"]
    start = ["server", "start-dev", "--ip", "127.0.0.1", "--headless", "--port", str(port), "--http-port", str(http)]
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(folder / "server.log", str(TEMPORAL), *start, "--metrics-port", str(server)))
        asyncio.run(_answering("127.0.0.1", port))
        metrics = f"127.0.0.1:{worker}"
        work = [*workload, "sre_copilot_local.workload.worker", address, "--metrics", metrics]
        stack.enter_context(running(folder / "worker.log", *work))
        load = [*workload, "sre_copilot_local.workload.load", address, "--run", "live", "--rate", "4"]
        stack.enter_context(running(folder / "load.log", *load))
        asyncio.run(_answering("127.0.0.1", worker))
        yield f"127.0.0.1:{server}", metrics


async def _answering(host: str, port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


@attrs.frozen
class Both:
    """What the two know of the same server."""

    prometheus: PrometheusServer
    vocabulary: Vocabulary
    at: float
    """Unix second of the newest direct scrape."""
    views: tuple[TargetView, ...] = attrs.field(repr=False)
    raw: Raw = attrs.field(repr=False)

    @property
    def dialects(self) -> Mapping[str, Dialect]:
        return {voice.role: voice.dialect for voice in self.vocabulary.voices}

    def series(self, expression: Rate | Increase | ObservationRate) -> Iterator[tuple[str, Sequence[Points]]]:
        """By instance, the samples of a counter that Prometheus has."""
        part = COUNT if isinstance(expression, ObservationRate) else ""
        for voice in self.vocabulary.voices_of(expression):
            found = self.prometheus.get("query", query=f"{voice.selector(expression.metric, part)}[2m]")["result"]
            for instance in {each["metric"]["instance"] for each in found}:
                yield instance, [_points(each) for each in found if each["metric"]["instance"] == instance]


def _points(found: Mapping[str, Any]) -> Points:
    return [(float(at), float(value)) for at, value in found["values"]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("temporal")
    with temporal(folder) as (server, worker):
        jobs = [Job(JOBS["server"], [server]), Job(JOBS["worker"], [worker])]
        with prometheus_server(folder / "prometheus", jobs, interval="2s") as prometheus:
            # Not before work is really done: what is compared has to be there.
            prometheus.until(f'sum(workflow_success{{job="{JOBS["server"]}"}}) > 10', WITHIN)
            prometheus.until(f'sum(temporal_request{{job="{JOBS["worker"]}"}}) > 10', WITHIN)
            yield asyncio.run(_watched(server, worker, prometheus))


async def _watched(server: str, worker: str, prometheus: PrometheusServer) -> Both:
    """Read directly for a window, and let Prometheus scrape once more behind it."""
    sections = {
        ExpositionSettings: ExpositionSettings((f"http://{server}/metrics",), (f"http://{worker}/metrics",)),
        PrometheusSettings: PrometheusSettings(prometheus.url),
    }
    cluster = Cluster("prod", TemporalConnection(), sections=sections)
    direct, asked = ExpositionSource(DIALECTS), PrometheusSource(DIALECTS)
    loop = asyncio.get_running_loop()
    for source in (direct, asked):
        await source.open(cluster)
    ends = loop.time() + WITHIN
    while True:
        begun = loop.time()
        await direct.read(ReadRequest(Instant.now(), "prod", MEASURED, 5.0))
        if _is_full(direct._watches["prod"].views()):
            break
        assert loop.time() < ends, "the window never filled"
        await asyncio.sleep(max(0.0, begun + 1 - loop.time()))
    await asked.read(ReadRequest(Instant.now(), "prod", MEASURED, 5.0))
    views = direct._watches["prod"].views()
    vocabulary = asked.watch("prod").vocabulary()
    at = max(view.latest.at for view in views) / 1000
    for source in (direct, asked):
        await source.close()
    for job in JOBS.values():
        await asyncio.to_thread(prometheus.until, f'timestamp(up{{job="{job}"}}) > {at + 1:.3f}', WITHIN)
    found = (await asyncio.to_thread(prometheus.get, "query", query='{job=~".+"}[1m]'))["result"]
    raw = [(each["metric"], _points(each)) for each in found]
    return Both(prometheus, vocabulary, at, views, raw)


def _inside(view: TargetView, at: float, window: int = WINDOW) -> Sequence[Scrape]:
    """The scrapes of a target in the window that ends at this second."""
    end = round(at * 1000)
    return [scrape for scrape in view.scrapes if end - window * 1000 < scrape.at <= end]


def _is_full(views: Sequence[TargetView]) -> bool:
    at = max(view.latest.at for view in views) / 1000
    inside = [_inside(view, at) for view in views]
    # Begun at least a window ago, answered all the time, and often enough.
    begun = all(view.scrapes[0].at / 1000 < at - WINDOW for view in views)
    return begun and all(len(found) >= FEWEST and all(scrape.up for scrape in found) for found in inside)


def test_every_signal_is_the_same_number_over_the_same_samples(both: Both) -> None:
    wanted = frozenset(
        name
        for measure in MEASURES.values()
        for part in measure.walk()
        for metric in part.metrics
        for dialect in both.dialects.values()
        for suffix in parts_of(part)
        for name in names_of(dialect, metric, suffix)
    )
    compiler = Compiler(both.vocabulary)
    different, valued = {}, 0
    # On a crowded machine a scrape fails now and then, which voids all values of its moment: several are looked at.
    for moment in (both.at, both.at - 3, both.at - 6):
        views = views_at(both.raw, moment, both.dialects, wanted)
        evaluator = Evaluator("prod", views, round(moment * 1000), Edition.SECOND)
        found = 0
        for key, measure in MEASURES.items():
            ours = {labels: value.number for labels, value in evaluator.evaluate(measure).values.items()}
            theirs = _by_prometheus(both, compiler, measure, moment)
            found += bool(theirs)
            if ours != pytest.approx(theirs, rel=1e-9, abs=1e-9):
                different[key, moment] = (ours, theirs)
        valued = max(valued, found)
    assert different == {}
    # An empty comparison would prove nothing.
    assert valued > 0.5 * len(MEASURES)


def _by_prometheus(both: Both, compiler: Compiler, measure: Expr, moment: float) -> Mapping[tuple[str, ...], float]:
    try:
        query = compiler.compile(measure)
    except CannotCompile:
        return {}
    found = both.prometheus.instant(query, moment)
    values = {tuple(labels.get(label, "") for label in measure.labels): value for labels, value in found}
    return {labels: value for labels, value in values.items() if math.isfinite(value)}


def test_what_direct_scraping_sees_lies_between_what_prometheus_saw_around_it(both: Both) -> None:
    evaluator = Evaluator("prod", both.views, round(both.at * 1000))
    outside, grown = {}, 0
    for expression in RATES:
        outcome = evaluator.evaluate(expression)
        assert not isinstance(outcome.why, Missing), (expression, outcome.why)
        low, high = _bounds(both, expression)
        per = 1 if isinstance(expression, Increase) else expression.window
        found = outcome.values[()].number * per
        grown += found > 0
        if not low * (1 - 1e-9) <= found <= high * (1 + 1e-9):
            outside[repr(expression)] = (low, found, high)
    assert outside == {}
    # An empty comparison would prove nothing.
    assert grown > 0.25 * len(RATES)


def _bounds(both: Both, expression: Rate | Increase | ObservationRate) -> tuple[float, float]:
    """The least and the most that direct scraping can have seen a counter grow."""
    low = high = 0.0
    for instance, series in both.series(expression):
        (view,) = (view for view in both.views if view.target.instance == instance)
        inside = _inside(view, both.at, expression.window)
        first, last = inside[0].at / 1000, inside[-1].at / 1000
        # A scrape bears the instant at which it began; the values are of some moment before its end.
        ours = max(scrape.duration for scrape in inside)
        theirs = max(value for _, value in _durations(both, instance))
        factor = expression.window * 1000 / (inside[-1].at - inside[0].at)
        for points in series:
            inner = _at(points, last - theirs, latest=True) - _at(points, first + ours, latest=False, absent=math.inf)
            outer = _at(points, last + ours, latest=False, absent=math.inf) - _at(points, first - theirs, latest=True)
            low += max(0.0, inner)
            high += factor * (outer if math.isfinite(outer) else points[-1][1])
    return low, high


def _at(points: Points, moment: float, *, latest: bool, absent: float = 0.0) -> float:
    """The newest value up to a moment, or the oldest from then on."""
    found = [value for at, value in points if (at <= moment if latest else at >= moment)]
    return (found[-1] if latest else found[0]) if found else absent


def _durations(both: Both, instance: str) -> Points:
    return next(
        points
        for labels, points in both.raw
        if labels["__name__"] == "scrape_duration_seconds" and labels["instance"] == instance
    )
