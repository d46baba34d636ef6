"""A small model of a cluster: queues with workers behind them, and what would be read of them every 30 seconds.

Situations are made by what happens to the cluster (load, capacity, processes), never by the values that rules look
at: rates, ratios, backlogs and ages follow from counting tasks, with the same windows as the real signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.lookback import LENGTH
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Reading, Sample
from tests.replay import find
from tests.rules import BUILTIN, CYCLE, ENGINE, START, STEADY

SECONDS = CYCLE.total("seconds")
WINDOW = 4
"""Cycles that a rate spans."""
BUSY = 0.2
"""Tasks a second below which no ratio is made of a queue."""
Key = tuple[str, str]


@attrs.frozen
class Queue:
    """One side of a task queue in one cycle."""

    name: str
    kind: str
    rate: float
    """Tasks added each second."""
    capacity: float
    """Tasks its workers could take each second."""
    pollers: int = 1
    slots: int | None = 90
    """Free ones; ``None`` where no worker tells."""

    @property
    def key(self) -> Key:
        return (self.name, self.kind)


@attrs.frozen
class Weather:
    """What a cluster lives through for some cycles."""

    queues: tuple[Queue, ...]
    cycles: int
    starts: float = 5.0
    signals: float = 5.0
    workers_up: int | None = 1
    """``None`` where no worker endpoint is known."""
    close_share: float = 1.0
    """Of started workflows that end; long-running ones do not."""
    facts: Mapping[str, float] = attrs.field(factory=dict)
    """Signals that have nothing to do with queues, where they differ from a healthy cluster's."""
    lost: tuple[str, ...] = ()
    """Beginnings of the keys of signals that cannot be read."""
    reason: MissingReason = MissingReason.UNREACHABLE
    age: float = 0.0
    """Seconds since the samples of metrics were made."""


@attrs.define
class _Line:
    """Waiting tasks and the counters of one queue."""

    waiting: list[list[float]] = attrs.field(factory=list)
    added: list[float] = attrs.field(factory=lambda: [0.0])
    taken: list[float] = attrs.field(factory=lambda: [0.0])

    def live(self, queue: Queue | None, now: float) -> None:
        """One cycle."""
        rate, capacity = (queue.rate, queue.capacity) if queue is not None else (0.0, 0.0)
        new, able, done = rate * SECONDS, capacity * SECONDS, 0.0
        if new:
            self.waiting.append([now, new])
        while self.waiting and done < able:
            portion = min(able - done, self.waiting[0][1])
            self.waiting[0][1] -= portion
            done += portion
            if self.waiting[0][1] <= 1e-9:
                del self.waiting[0]
        self.added.append(self.added[-1] + new)
        self.taken.append(self.taken[-1] + done)

    def backlog(self) -> float:
        return sum(count for _, count in self.waiting)

    def oldest(self, now: float) -> float:
        return now - self.waiting[0][0] if self.waiting else 0.0


def _rate(counter: list[float]) -> float:
    window = counter[-WINDOW - 1 :]
    return (window[-1] - window[0]) / (SECONDS * (len(window) - 1))


class Cluster:
    """What is read of a cluster while it lives."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lines: dict[Key, _Line] = {}
        self.readings: list[Reading] = []

    def live(self, weather: Weather) -> None:
        """Some cycles of the same."""
        for _ in range(weather.cycles):
            self.now += SECONDS
            here = {queue.key: queue for queue in weather.queues}
            for key in here:
                self.lines.setdefault(key, _Line())
            for key, line in self.lines.items():
                line.live(here.get(key), self.now)
            self.readings.append(self._reading(weather, here))

    def _reading(self, weather: Weather, here: Mapping[Key, Queue]) -> Reading:
        samples: dict[str, Sample | Missing] = {
            rule.key: Missing(MissingReason.NO_DATA, "Nothing happened.") for rule in BUILTIN.signals
        }
        healthy = {key: value for key, value in STEADY.items() if key.split(".")[0] in ("frontend", "persistence")}
        told = {**healthy, **self._throughput(weather), **weather.facts}
        samples |= {key: Sample(value, weather.age) for key, value in told.items()}
        samples |= {key: found for key, found in self._queues(here).items() if key not in weather.facts}
        for key in samples:
            if key.startswith(weather.lost) and weather.lost:
                samples[key] = Missing(weather.reason)
        return Reading(START + CYCLE * len(self.readings), "test", samples)

    def _throughput(self, weather: Weather) -> dict[str, float]:
        rates = {key: (_rate(line.added), _rate(line.taken)) for key, line in self.lines.items()}
        added, taken = (sum(pair[side] for pair in rates.values()) for side in (0, 1))
        flows = [pair for (_, kind), pair in rates.items() if kind == "Workflow"]
        asked, done = (sum(pair[side] for pair in flows) for side in (0, 1))
        closes = weather.starts * weather.close_share * (min(1.0, done / asked) if asked else 1.0)
        told = {
            "demand.workflow_starts": weather.starts,
            "demand.start_requests": weather.starts,
            "demand.signals": weather.signals,
            "demand.tasks_added": added,
            "demand.workflow_tasks_added": asked,
            "history.workflow_tasks_completed": done,
            "history.state_transitions": weather.starts + weather.signals + taken * 2,
            "history.task_rate": weather.starts * 2 + taken * 3,
            "history.backlog_age": 0.05,
            "history.task_error_share": 0.0,
            "history.transition_latency_p99": 0.03,
            "history.shard_churn": 0.0,
            "history.deletion_rate": 0.0,
            "matching.tasks_dispatched": taken,
            "matching.drain": taken - added,
            "server.up_share": 1.0,
            "workflows.closes": closes,
        }
        if asked >= BUSY:
            told["history.completion_ratio"] = done / asked
        if closes:
            told["workflows.success_share"] = 1.0
        if weather.workers_up is not None:
            told["workers.up"] = float(weather.workers_up)
        return told

    def _queues(self, here: Mapping[Key, Queue]) -> dict[str, Sample | Missing]:
        lines = self.lines.items()
        rates = {key: (_rate(line.added), _rate(line.taken)) for key, line in lines}
        busy = {key: taken / added for key, (added, taken) in rates.items() if added >= BUSY}
        waiting = {key: line.backlog() for key, line in lines}
        return {
            "matching.dispatch_ratio": _series(busy, min),
            "matching.backlog_growth": _series({key: added - taken for key, (added, taken) in rates.items()}, max),
            "matching.backlog": _series(waiting, sum),
            "matching.backlog_age": _series({key: line.oldest(self.now) for key, line in lines}, max),
            "workers.pollers": _series({key: float(queue.pollers) for key, queue in here.items()}, min),
            "workers.slots_available": _series(
                {key: float(queue.slots) for key, queue in here.items() if queue.slots is not None}, min, slots=True
            ),
        }


def _series(values: Mapping[Key, float], judge: object, *, slots: bool = False) -> Sample | Missing:
    if not values:
        return Missing(MissingReason.NO_DATA)
    reverse = judge is not min
    found = sorted(values.items(), key=lambda pair: pair[1], reverse=reverse)
    labelled = tuple(LabelledValue(_labels(key, slots=slots), value) for key, value in found)
    return Sample(judge(values.values()), 0.0, labelled)  # type: ignore[operator]


def _labels(key: Key, *, slots: bool) -> tuple[tuple[str, str], ...]:
    name, kind = key
    if slots:
        return (("task_queue", name), ("worker_type", f"{kind}Worker"))
    return (("namespace", "default"), ("task_type", kind), ("taskqueue", name))


def decide_all(weathers: Iterable[Weather], engine: Engine = ENGINE) -> list[Decision]:
    """Every decision about a cluster, from a fresh memory on, by way of the real evaluators."""
    cluster, memory, decisions = Cluster(), Memory(), []
    for weather in weathers:
        cluster.live(weather)
    for number, reading in enumerate(cluster.readings):
        window = tuple(cluster.readings[max(0, number - LENGTH + 1) : number + 1])
        decisions.append(engine.decide(memory, Observation(reading, find(window))))
        memory = decisions[-1].memory
    return decisions
