"""Made-up processes for tests of reading through Prometheus: they restart, fall silent and come late."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs
from hypothesis import strategies as st

from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.series import SeriesTable
from sre_copilot_exposition.targets import Target
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    DeclarationError,
    Dialect,
    Expr,
    Unit,
    counter,
    gauge,
    histogram,
    not_equal,
    timer,
)
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice
from tests.exposition_targets import NATIVE, SDK_MILLISECONDS

NEVER = frozenset({"never", "nothing"})
"""What is asked for and nobody ever exports."""
JOBS = {"server": "temporal", "worker": "workers"}
DIALECTS = {"server": NATIVE, "worker": SDK_MILLISECONDS}
VOCABULARY = Vocabulary("test", tuple(Voice(role, f'job="{job}"', DIALECTS[role]) for role, job in JOBS.items()))
BOUNDS = {"server": (0.001, 0.01, 0.1, 1.0), "worker": (1.0, 10.0, 100.0, 1000.0)}


@attrs.frozen
class Process:
    """What a process exports as time goes by."""

    role: str
    speed: int
    """How much it does in a second."""
    restarts_after: float = math.inf
    silent: tuple[float, float] = (math.inf, math.inf)
    """Seconds between which it answers with an error."""

    def text(self, elapsed: float) -> str | None:
        """Its exposition after so many seconds."""
        if self.silent[0] <= elapsed < self.silent[1]:
            return None
        age = elapsed - self.restarts_after if elapsed > self.restarts_after else elapsed
        return "".join(f"{line}\n" for line in self._lines(age, elapsed))

    def exporter(self) -> Callable[[], str | None]:
        """The exposition now, counted from now."""
        begun = time.monotonic()
        return lambda: self.text(time.monotonic() - begun)

    def _lines(self, age: float, elapsed: float) -> Iterable[str]:
        done = int(age * self.speed)
        # The third queue is only used later, the second one is given up.
        queues = ["fast", *(["given-up"] if elapsed < 14 else []), *(["late"] if elapsed > 7 else [])]
        for number, queue in enumerate(queues, 1):
            yield f'jobs{{queue="{queue}"}} {done * number + 3}'
            yield f'depth{{queue="{queue}"}} {math.sin(age) * number:.9f}'
        yield f'jobs_done{{queue="fast"}} {done // 2}'
        yield f"jobs_done {done}"
        yield f"mood {'NaN' if self.role == 'worker' and int(elapsed) % 5 == 0 else elapsed:}"
        if elapsed > 9:
            yield f'failures{{queue="late",kind="serviceerror_Internal"}} {int(age)}'
        for queue in ("fast", "idle"):
            yield from self._buckets("wait", queue, 0 if queue == "idle" else done)
        yield from self._buckets("size", "fast", done)

    def _buckets(self, name: str, queue: str, done: int) -> Iterable[str]:
        bounds = BOUNDS[self.role]
        for number, bound in enumerate(bounds, 1):
            yield f'{name}_bucket{{queue="{queue}",le="{bound:g}"}} {done * number // (len(bounds) + 1)}'
        yield f'{name}_bucket{{queue="{queue}",le="+Inf"}} {done}'
        yield f'{name}_sum{{queue="{queue}"}} {done * bounds[1]}'
        yield f'{name}_count{{queue="{queue}"}} {done}'


PROCESSES = {
    "steady": Process("server", 17),
    "restarting": Process("server", 40, restarts_after=9.3),
    "flapping": Process("server", 5, silent=(6, 9.5)),
    "dying": Process("server", 11, silent=(16, math.inf)),
    "worker": Process("worker", 23, restarts_after=12),
    "late worker": Process("worker", 3, silent=(0, 5)),
}


Raw: TypeAlias = Sequence[tuple[dict[str, str], Sequence[tuple[float, float]]]]
"""Labels and samples of every series; a sample is a Unix second and a value."""


def views_at(
    raw: Raw, at: float, dialects: Mapping[str, Dialect] = DIALECTS, wanted: frozenset[str] = NEVER
) -> list[TargetView]:
    """Targets as direct scraping would have seen them, from the samples that Prometheus has.

    :param wanted: names that are looked for besides those that are there.
    """
    names = frozenset(labels["__name__"] for labels, _ in raw)
    roles = {job: role for role, job in JOBS.items()}
    instances = sorted({(labels["instance"], roles[labels["job"]]) for labels, _ in raw})
    views = (_view(instance, role, raw, at, dialects[role], names, wanted) for instance, role in instances)
    return [view for view in views if view is not None]


def _view(
    instance: str, role: str, raw: Raw, at: float, dialect: Dialect, names: frozenset[str], wanted: frozenset[str]
) -> TargetView | None:
    target = Target(role, instance, f"http://{instance}/metrics", instance, instance)
    table = SeriesTable(target.labels)
    up: dict[int, float] = {}
    families: dict[int, dict[str, dict[object, float]]] = {}
    for labels, points in raw:
        if labels["instance"] != instance:
            continue
        own = [(key, value) for key, value in labels.items() if key not in ("__name__", "job", "instance", "le")]
        series = table.series(labels["__name__"], table.label_set(own), labels.get("le", ""))
        for second, value in points:
            when = round(second * 1000)
            if when > round(at * 1000):
                continue
            if labels["__name__"] == "up":
                up[when] = value
            else:
                families.setdefault(when, {}).setdefault(labels["__name__"], {})[series] = value
    scrapes = tuple(
        Scrape(
            when,
            0.0,
            error="" if value else "is down",
            families=families.get(when, {}) if value else {},  # type: ignore[arg-type]
            wanted=names | wanted,
            offered=names | (wanted & NEVER),
        )
        for when, value in sorted(up.items())
    )
    return TargetView(target, dialect, scrapes) if scrapes else None


_WINDOWS = st.sampled_from(["3s", "5s", "10s", "20s"])
_ROLES = st.sampled_from([{"role": "server"}, {"role": "worker"}, {}])
_QUEUES = st.sampled_from([{}, {}, {"queue": "fast"}, {"queue": not_equal("fast")}])


@st.composite
def leaves(draw: st.DrawFn, labels: tuple[str, ...]) -> Expr:
    """Something read from one metric, with those labels or none."""
    by = draw(st.sampled_from([labels, labels, ()]))
    role, over = draw(_ROLES), draw(_WINDOWS)
    conditions = {**role, **draw(_QUEUES)}
    kind = draw(st.integers(0, 7))
    count = counter(draw(st.sampled_from(["jobs", "jobs_done", "failures", "never"])), **conditions)
    one = {**role, **conditions} if role else {**conditions, "role": "server"}
    if kind <= 2:
        return count.rate(over, by=by)
    if kind == 3:
        return count.increase(over, by=by)
    if kind == 4:
        read = getattr(
            gauge(draw(st.sampled_from(["depth", "mood", "nothing"])), unit=Unit.COUNT, **conditions),
            draw(st.sampled_from(["sum", "max", "min", "avg"])),
        )
        found: Expr = read(by=by)
        return found
    if kind == 5:
        return timer("wait", **one).quantile(draw(st.sampled_from([0.5, 0.9, 0.99])), over=over, by=by)
    if kind == 6:
        return draw(
            st.sampled_from(
                [
                    timer("wait", **conditions).mean(over=over, by=by),
                    timer("wait", **conditions).rate(over, by=by),
                    histogram("size", **one).quantile(0.9, over=over, by=by),
                ]
            )
        )
    return timer("wait", **conditions).share_over(draw(st.sampled_from([0.01, 0.1, 0.05, 1.0])), over=over, by=by)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> Expr:
    """Any expression over the made-up processes."""
    labels = draw(st.sampled_from([(), ("queue",), ("queue",), ("instance", "queue"), ("queue", "role")]))
    return draw(_trees(labels, depth))


@st.composite
def _trees(draw: st.DrawFn, labels: tuple[str, ...], depth: int) -> Expr:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(leaves(labels))
    left = draw(_trees(labels, depth - 1))
    if draw(st.integers(0, 4)) == 0:
        kept = left.labels if draw(st.booleans()) else left.labels[:1]
        made = {"sum": left.sum, "max": left.max, "min": left.min, "avg": left.avg}
        return made[draw(st.sampled_from(sorted(made)))](by=kept)
    right: Expr | float = draw(_trees(labels, depth - 1))
    if draw(st.integers(0, 3)) == 0:
        right = draw(st.sampled_from([0.0, 1.0, -2.5, 100.0, 1e-06]))
    if isinstance(right, Expr) and left.labels and right.labels and left.labels != right.labels:
        return left
    operator = draw(st.sampled_from("+-*//"))
    try:
        if operator == "+":
            return left + right
        if operator == "-":
            return right - left if draw(st.booleans()) else left - right
        return left * right if operator == "*" else left / right
    except DeclarationError:
        return left
