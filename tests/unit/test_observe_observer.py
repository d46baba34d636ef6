"""One observation in time, whatever sources and evaluators do."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import Any

import pytest
from whenever import Instant

from sre_copilot.health.observation import Observation
from sre_copilot.observe import Observer
from sre_copilot.plugins.manager import Manager
from sre_copilot.plugins.requests import plugin_request
from sre_copilot.settings import load
from sre_copilot_hookspecs import (
    AmplifierEvaluator,
    Category,
    Cluster,
    Finding,
    Findings,
    Missing,
    MissingReason,
    Pressure,
    Reading,
    ReadRequest,
    Sample,
    SeriesFloor,
    SettingsError,
    Signal,
    SignalSource,
    SourceUnavailable,
    Threshold,
    Unit,
    Window,
    Worst,
    gauge,
    hookimpl,
    timer,
)

AT = Instant.from_utc(2026, 1, 1)
EXPRESSION = Signal(
    "shop.age",
    Category.PRIMARY,
    "shop",
    Unit.SECONDS,
    "How old?",
    measure=gauge("age", unit=Unit.SECONDS).max(),
)
OTHER = Signal("shop.depth", Category.PRIMARY, "shop", Unit.COUNT, "How deep?", measure=gauge("depth").sum())
PROBE = Signal("shop.reachable", Category.PRIMARY, "shop", Unit.COUNT, "Does it answer?", probe="api")

Answer = Callable[[ReadRequest], Awaitable[Any]]


class Source:
    """A source that answers as it is told."""

    def __init__(self, key: str, answer: Answer | None = None, *, reads_expressions: bool = True) -> None:
        self.key = key
        self.reads_expressions = reads_expressions
        self.requests: list[ReadRequest] = []
        self.opened: list[str] = []
        self.closed = 0
        self._answer = answer or everything(1.0)

    async def open(self, cluster: Cluster) -> None:
        self.opened.append(cluster.name)

    async def read(self, request: ReadRequest) -> Reading:
        self.requests.append(request)
        reading: Reading = await self._answer(request)
        return reading

    async def close(self) -> None:
        self.closed += 1

    @property
    def asked(self) -> list[list[str]]:
        return [sorted(signal.key for signal in request.signals) for request in self.requests]


def everything(value: float) -> Answer:
    async def answer(request: ReadRequest) -> Reading:
        return Reading(request.at, request.cluster, {signal.key: Sample(value) for signal in request.signals})

    return answer


def only(samples: Mapping[str, object]) -> Answer:
    async def answer(request: ReadRequest) -> Reading:
        return Reading(request.at, request.cluster, samples)  # type: ignore[arg-type]

    return answer


async def raising(_request: ReadRequest) -> Reading:
    raise OSError("connection refused")


async def leaving(_request: ReadRequest) -> Reading:
    raise SystemExit(3)


async def hanging(_request: ReadRequest) -> Reading:
    await asyncio.sleep(60)
    raise AssertionError


async def stubborn(_request: ReadRequest) -> Reading:
    """Ignores that it is cancelled, for a while."""
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue
    return Reading(AT, "prod", {})


class Evaluator:
    """An evaluator that does as it is told."""

    def __init__(self, key: str, evaluate: Callable[[Window], Any]) -> None:
        self.key = key
        self.finds = (f"shop.{key}",)
        self._evaluate = evaluate

    def evaluate(self, window: Window) -> Findings:
        found: Findings = self._evaluate(window)
        return found


def finding(key: str, evidence: tuple[tuple[str, float], ...] = (("shop.age", 1.0),)) -> Findings:
    return Findings((Finding(key, Pressure.PRESSURE, "shop", "It is slow.", evidence, "Look."),))


class Plugin:
    """A plugin with these sources, signals and evaluators."""

    def __init__(
        self,
        sources: tuple[SignalSource, ...] = (),
        evaluators: tuple[AmplifierEvaluator, ...] = (),
        signals: tuple[Signal, ...] = (),
    ) -> None:
        self.sources, self.evaluators, self.signals = sources, evaluators, signals

    @hookimpl
    def copilot_signals(self) -> tuple[Signal, ...]:
        return self.signals

    @hookimpl
    def copilot_signal_sources(self) -> tuple[SignalSource, ...]:
        return self.sources

    @hookimpl
    def copilot_amplifier_evaluators(self) -> tuple[AmplifierEvaluator, ...]:
        return self.evaluators


Run = Coroutine[Any, Any, Any]


OURS = ("temporal", "dsql", "exposition", "prometheus", "local")


def observer(*plugins: Plugin, cluster: Mapping[str, object] | None = None) -> Observer:
    manager = Manager.load([plugin_request(f"no:{name}") for name in OURS])
    manager.register(Plugin(signals=(EXPRESSION, OTHER, PROBE)), "signals")
    for number, plugin in enumerate(plugins):
        manager.register(plugin, f"p{number}")
    return Observer(manager, load(manager, overrides={"clusters": {"prod": cluster or {}}}))


def observe(watching: Observer, cycles: int = 1, *, deadline: float = 0.6) -> Observation:
    """The last of several observations, each of which must be in time."""

    async def run() -> Observation:
        for _ in range(cycles):
            began = time.monotonic()
            observation = await watching.observe("prod", AT, deadline=deadline)
            assert time.monotonic() - began < deadline + 0.3
        return observation

    return asyncio.run(run())


def reason(observation: Observation, key: str) -> MissingReason | None:
    found = observation.reading.samples[key]
    return found.reason if isinstance(found, Missing) else None


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        assert thread is threading.main_thread() or thread.daemon, thread


def test_probes_and_expressions_go_where_they_are_known() -> None:
    api, metrics = Source("api", everything(2.0), reads_expressions=False), Source("metrics")
    watching = observer(Plugin((api, metrics)))
    observation = observe(watching, 2)
    assert observation.problems == ()
    assert observation.reading.value("shop.age") == 1.0
    assert observation.reading.value("shop.reachable") == 2.0
    assert metrics.asked[0] == ["shop.age", "shop.depth"]
    assert api.asked == [["shop.reachable"], ["shop.reachable"]]
    assert (api.opened, metrics.opened) == (["prod"], ["prod"])
    assert metrics.requests[0].deadline < 0.6


def test_a_source_that_does_both_is_asked_once() -> None:
    both = Source("api")
    observe(observer(Plugin((both,))))
    assert both.asked == [["shop.age", "shop.depth", "shop.reachable"]]


def test_without_sources_everything_is_missing_and_says_so() -> None:
    observation = observe(observer())
    assert {reason(observation, key) for key in observation.reading.samples} == {MissingReason.NOT_EMITTED}
    details = [missing.detail for _, missing in observation.reading.missing()]
    assert "No source 'api' is there to probe it." in details
    assert "No source of this cluster reads metric expressions." in details


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (raising, "Source bad failed: OSError: connection refused."),
        (leaving, "Source bad failed: RuntimeError: it called sys.exit(3)."),
        (hanging, "Source bad did not answer within "),
        (stubborn, "Source bad did not answer within "),
        (only({}), "Source bad said nothing about shop.age, shop.depth."),
        (
            only({"shop.age": 3.0, "shop.depth": Sample(1)}),
            "answered shop.age with neither a Sample nor a Missing",
        ),
    ],
)
def test_a_source_that_fails_loses_its_own_signals_only(answer: Answer, says: str) -> None:
    bad, api = Source("bad", answer), Source("api", reads_expressions=False)
    observation = observe(observer(Plugin((bad,)), Plugin((api,))))
    assert observation.reading.value("shop.reachable") == 1.0
    assert reason(observation, "shop.age") in (MissingReason.UNREACHABLE, MissingReason.NO_DATA)
    (problem,) = observation.problems
    assert (problem.plugin, problem.where) == ("p0", "source bad")
    assert says in problem.says


def test_an_answer_that_is_no_reading() -> None:
    async def answer(_request: ReadRequest) -> object:
        return {"shop.age": 1}

    (problem,) = observe(observer(Plugin((Source("bad", answer),)))).problems
    assert problem.says == "Source bad answered with dict instead of a Reading."


def test_what_was_not_asked_is_dropped() -> None:
    extra = only({"shop.age": Sample(1), "shop.depth": Sample(1), "x.y": Sample(1)})
    assert set(observe(observer(Plugin((Source("metrics", extra),)))).reading.samples) == {
        "shop.age",
        "shop.depth",
        "shop.reachable",
    }


def test_a_source_that_still_works_is_not_asked_again() -> None:
    source = Source("metrics", stubborn)
    observation = observe(observer(Plugin((source,))), 2, deadline=0.4)
    assert len(source.requests) == 1
    assert "Source metrics is still busy with an earlier question." in [p.says for p in observation.problems]


@pytest.mark.parametrize(
    "first",
    [raising, hanging, only({key: Missing(MissingReason.NOT_EMITTED) for key in ("shop.age", "shop.depth")})],
)
def test_what_one_source_does_not_have_is_asked_of_the_next(first: Answer) -> None:
    second = Source("second", everything(2.0))
    observation = observe(observer(Plugin((Source("first", first), second))), deadline=1.0)
    assert observation.reading.value("shop.age") == 2.0
    assert second.asked == [["shop.age", "shop.depth"]]


def test_only_what_is_missing_is_asked_again_and_no_data_is_an_answer() -> None:
    first = only({"shop.age": Missing(MissingReason.NO_DATA), "shop.depth": Missing(MissingReason.NOT_EMITTED)})
    second = Source("second", everything(2.0))
    observation = observe(observer(Plugin((Source("first", first), second))))
    assert second.asked == [["shop.depth"]]
    assert reason(observation, "shop.age") is MissingReason.NO_DATA


def test_the_first_reason_stays_where_the_next_source_knows_no_better() -> None:
    first = only({key: Missing(MissingReason.NOT_EMITTED, "first") for key in ("shop.age", "shop.depth")})
    observation = observe(observer(Plugin((Source("first", first), Source("second", raising)))))
    assert reason(observation, "shop.age") is MissingReason.NOT_EMITTED


def test_settings_choose_the_order_and_probes_stay() -> None:
    first, second = Source("first"), Source("second", everything(2.0))
    api = Source("api", reads_expressions=False)
    watching = observer(Plugin((first, second, api)), cluster={"sources": ["second"]})
    observation = observe(watching)
    assert observation.reading.value("shop.age") == 2.0
    assert observation.reading.value("shop.reachable") == 1.0
    assert first.requests == []


def test_settings_that_name_an_unknown_source() -> None:
    watching = observer(Plugin((Source("metrics"),)), cluster={"sources": ["metrcs"]})
    with pytest.raises(SettingsError) as caught:
        asyncio.run(watching.open("prod"))
    assert str(caught.value) == (
        "clusters.prod.sources names 'metrcs', which no plugin offers; did you mean 'metrics'?"
    )
    with pytest.raises(SettingsError, match="there is no cluster 'nowhere'"):
        asyncio.run(watching.open("nowhere"))


class Unopenable(Source):
    async def open(self, cluster: Cluster) -> None:
        raise SourceUnavailable("Set clusters.prod.metrics.url.")


def test_a_source_that_cannot_be_opened_is_told_each_cycle() -> None:
    source = Unopenable("metrics")
    observation = observe(observer(Plugin((source,))), 2)
    assert [p.says for p in observation.problems] == [
        "Source metrics could not be opened: Set clusters.prod.metrics.url."
    ]
    assert reason(observation, "shop.age") is MissingReason.UNREACHABLE
    assert source.requests == []


class SlowToOpen(Source):
    async def open(self, cluster: Cluster) -> None:
        await asyncio.sleep(0.5)


def test_a_source_that_opens_late_is_used_later() -> None:
    watching = observer(Plugin((SlowToOpen("metrics"),)))

    async def run() -> tuple[Observation, Observation]:
        first = await watching.observe("prod", AT, deadline=0.3)
        await asyncio.sleep(0.4)
        return first, await watching.observe("prod", AT, deadline=0.3)

    first, second = asyncio.run(run())
    assert first.problems[0].says == "Source metrics is still being opened."
    assert second.reading.value("shop.age") == 1.0


def test_sources_are_closed_once() -> None:
    source = Source("metrics")
    watching = observer(Plugin((source,)))

    async def run() -> None:
        await watching.observe("prod", AT, deadline=0.5)
        await watching.close()
        await watching.close()

    asyncio.run(run())
    assert source.closed == 1


def test_findings_are_sorted_and_see_a_bounded_window() -> None:
    lengths: list[int] = []

    def evaluate(window: Window) -> Findings:
        lengths.append(len(window.readings))
        return finding("shop.b")

    evaluators = (Evaluator("b", evaluate), Evaluator("a", lambda _: finding("shop.a")))
    observation = observe(observer(Plugin((Source("metrics"),), evaluators)), 23)
    assert [found.key for found in observation.findings] == ["shop.a", "shop.b"]
    assert lengths == [*range(1, 21), 20, 20, 20]


def test_a_hanging_evaluator_is_abandoned_and_its_plugin_suspended() -> None:
    release = threading.Event()
    calls: list[str] = []

    def hang(_window: Window) -> Findings:
        calls.append("hang")
        release.wait(20)
        return Findings()

    bad = Plugin(evaluators=(Evaluator("hang", hang), Evaluator("beside", lambda _: finding("shop.beside"))))
    good = Plugin((Source("metrics"),), (Evaluator("good", lambda _: finding("shop.good")),))
    watching = observer(bad, good)
    first = observe(watching)
    assert [found.key for found in first.findings] == ["shop.beside", "shop.good"]
    (problem,) = first.problems
    assert (problem.plugin, problem.where) == ("p0", "evaluator hang")
    assert "did not return within" in problem.says
    assert "suspended until restart" in problem.says
    second = observe(watching)
    assert [found.key for found in second.findings] == ["shop.good"]
    assert [p.plugin for p in second.problems] == ["p0", "p0"]
    assert calls == ["hang"]
    release.set()


def test_evaluators_compare_with_the_numbers_of_the_rules() -> None:
    limit = Threshold.everywhere("shop.pressed", Unit.RATIO, 0.5, source="a test")
    seen: list[float] = []

    def evaluate(window: Window) -> Findings:
        seen.append(window.limit(limit))
        return Findings()

    watching = observer(Plugin((Source("metrics"),), (Evaluator("limited", evaluate),)))

    async def run() -> None:
        for limits in ({}, {"shop.pressed": 0.75}):
            await watching.observe("prod", AT, deadline=0.6, limits=limits)
        await watching.close()

    asyncio.run(run())
    assert seen == [0.5, 0.75]


def test_a_raising_evaluator_is_named_and_called_again() -> None:
    calls: list[int] = []

    def fail(_window: Window) -> Findings:
        calls.append(1)
        raise KeyError("shop.x")

    evaluators = (Evaluator("bad", fail), Evaluator("good", lambda _: finding("shop.good")))
    observation = observe(observer(Plugin((Source("metrics"),), evaluators)), 2)
    assert [found.key for found in observation.findings] == ["shop.good"]
    assert len(calls) == 2
    assert observation.problems[0].says.startswith("Evaluator bad failed: KeyError: 'shop.x' (test_observe_")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (None, "Evaluator bad returned NoneType instead of Findings."),
        (Findings((3,)), "Evaluator bad returned int as a finding."),  # type: ignore[arg-type]
        (finding("shop.other"), "Evaluator bad found shop.other, which it does not say it can find."),
        (finding("shop.bad", (("x.y", 1.0),)), "found shop.bad with evidence from x.y, which is no signal."),
        (finding("shop.bad", (("shop.age", float("nan")),)), "with nan as the value of shop.age"),
        (finding("shop.bad", ("shop.age",)), "Evaluator bad failed: ValueError"),  # type: ignore[arg-type]
    ],
)
def test_a_finding_must_rest_on_something(found: Any, says: str) -> None:
    observation = observe(observer(Plugin((Source("metrics"),), (Evaluator("bad", lambda _: found),))))
    assert observation.findings == ()
    (problem,) = observation.problems
    assert says in problem.says


def test_a_plugin_without_its_sources_is_a_problem() -> None:
    class Broken:
        @hookimpl
        def copilot_signal_sources(self) -> object:
            raise OSError("no disk")

    manager = Manager.load([plugin_request(f"no:{name}") for name in OURS])
    manager.register(Broken(), "broken")
    watching = Observer(manager, load(manager, overrides={"clusters": {"prod": {}}}))
    (problem,) = observe(watching).problems
    assert (problem.plugin, problem.where) == ("broken", "copilot_signal_sources")


WINDOWED = Signal(
    "shop.slow",
    Category.PRIMARY,
    "shop",
    Unit.SECONDS,
    "How slow?",
    measure=timer("latency").quantile(0.9, over="5m", by=["queue"]),
    dimensions=("queue",),
    worst=Worst.HIGHEST,
    floor=SeriesFloor(timer("latency").rate("5m", by=["queue"]), 1.0),
)


@pytest.mark.parametrize(("cycle", "window"), [(30, 300), (5, 50), (1, 10), (60, 300), (120, 480)])
def test_windows_fit_the_cycle(cycle: int, window: int) -> None:
    source = Source("metrics")
    watching = observer(Plugin((source,), signals=(WINDOWED,)), cluster={"cycle": cycle})
    observe(watching)
    (asked,) = [signal for signal in source.requests[0].signals if signal.key == "shop.slow"]
    assert asked.measure is not None
    assert asked.floor is not None
    assert {asked.measure.window, asked.floor.measure.window} == {window}  # type: ignore[attr-defined]
