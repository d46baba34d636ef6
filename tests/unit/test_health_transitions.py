"""Every memory that the state machine can come to, and every outcome that can follow it.

A small ruleset has a gate of every kind. Each combination of outcomes is realised as an observation and sent through
the real engine, from every memory that is reached that way, until no new memory is found; what holds for this whole
relation holds for every sequence of outcomes, however long.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise, product
from pathlib import Path

import attrs
import pytest

from sre_copilot.health.decide import Engine
from sre_copilot.health.declarations import Declarations
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Patience
from sre_copilot_hookspecs import (
    Band,
    Category,
    Direction,
    Finding,
    Gate,
    HealthState,
    Level,
    Missing,
    MissingReason,
    Mode,
    Pressure,
    Reading,
    Sample,
    Signal,
    Threshold,
    ThresholdProfile,
    Unit,
)
from tests.rules import START, declared

PATIENCE = Patience(forget=1)
"""As it ships, but that what is lost is forgotten after one cycle, so that the number of memories stays finite."""
PADDING = tuple(f"padding.p{number}" for number in range(4))
"""Signals that are always well; without them the cluster cannot be seen."""
FINDING = "small.finding"


def _signal(key: str, category: Category) -> Signal:
    return Signal(key, category, "small", Unit.COUNT, "How much?", probe="small")


def _gate(key: str, signal: str, level: Level, direction: Direction, threshold: str) -> Gate:
    recovery = 0.75 if level is Level.CRITICAL else None
    return Gate(key, signal, level, direction, threshold, "{value}.", recovery=recovery)


def small_engine() -> Engine:
    """Two critical gates, a stressed one, a healthy one, the three modes, and what makes blind."""
    above, below = Direction.ABOVE, Direction.BELOW
    primary = ["work.lost", "work.failed", "work.slow", "work.done", *PADDING]
    gates = [
        _gate("work.lost_critical", "work.lost", Level.CRITICAL, above, "small.ten"),
        _gate("work.failed_critical", "work.failed", Level.CRITICAL, above, "small.ten"),
        _gate("work.slow_stressed", "work.slow", Level.STRESSED, above, "small.ten"),
        _gate("work.done_healthy", "work.done", Level.HEALTHY, above, "small.ten"),
        _gate("work.asked_idle", "work.asked", Level.IDLE, below, "small.ten"),
        _gate("work.cleaned_busy", "work.cleaned", Level.SYSTEM_BUSY, above, "small.ten"),
        _gate("work.drained_recovering", "work.drained", Level.RECOVERING, above, "small.ten"),
        *(_gate(f"{key}_stressed", key, Level.STRESSED, above, "small.ten") for key in PADDING),
    ]
    demand = ["work.asked", "work.cleaned", "work.drained"]
    signals = [
        *(_signal(key, Category.PRIMARY) for key in primary),
        *(_signal(key, Category.DEMAND) for key in demand),
    ]
    ten = ThresholdProfile("small.profile", (Threshold.everywhere("small.ten", Unit.COUNT, 10, source="small"),))
    declarations = Declarations(
        declared(signals), declared(gates), declared([ten]), findings=declared([FINDING]), plugins=(("small", "1"),)
    )
    return Engine.of(resolve(declarations, band=Band.STARTER, patience=PATIENCE))


ENGINE = small_engine()

LOST = Missing(MissingReason.UNREACHABLE)
CRITICAL = {
    "clear": (Sample(1), Sample(1)),
    "near": (Sample(9), Sample(1)),
    "fired": (Sample(20), Sample(1)),
    "unknown": (Sample(1), LOST),
}
STRESSED = {"clear": Sample(1), "fired": Sample(20), "unknown": LOST}
HEALTHY = {"fired": Sample(20), "clear": Sample(1)}
PRESSURES = {"none": None, "pressure": Pressure.PRESSURE}
MODES = {
    Mode.NORMAL: {"work.asked": 20, "work.cleaned": 1, "work.drained": 1},
    Mode.IDLE: {"work.asked": 1, "work.cleaned": 1, "work.drained": 1},
    Mode.SYSTEM_BUSY: {"work.asked": 20, "work.cleaned": 20, "work.drained": 1},
    Mode.RECOVERING: {"work.asked": 20, "work.cleaned": 1, "work.drained": 20},
    Mode.BLIND: {"work.asked": 20, "work.cleaned": 1, "work.drained": 1},
}
RANK = {HealthState.UNKNOWN: 0, HealthState.HAPPY: 0, HealthState.STRESSED: 1, HealthState.CRITICAL: 2}


@attrs.frozen
class Outcomes:
    """The aggregated outcomes of one cycle."""

    critical: str = "clear"
    stressed: str = "clear"
    healthy: str = "fired"
    pressure: str = "none"
    mode: Mode = Mode.NORMAL


CALM = Outcomes()
WORST = Outcomes(critical="fired")
EVERY = tuple(Outcomes(*combination) for combination in product(CRITICAL, STRESSED, HEALTHY, PRESSURES, MODES))


@cache
def realised(outcomes: Outcomes) -> Observation:
    """A concrete observation with these outcomes."""
    lost, failed = CRITICAL[outcomes.critical]
    samples: dict[str, Sample | Missing] = {
        "work.lost": lost,
        "work.failed": failed,
        "work.slow": STRESSED[outcomes.stressed],
        "work.done": HEALTHY[outcomes.healthy],
        **{key: Sample(float(value)) for key, value in MODES[outcomes.mode].items()},
        **dict.fromkeys(PADDING, LOST if outcomes.mode is Mode.BLIND else Sample(1)),
    }
    if outcomes.mode is Mode.BLIND:
        # Whatever speaks can still be read, and everything else is gone.
        samples |= {key: LOST for key, quiet in _quiet(outcomes).items() if quiet}
    weight = PRESSURES[outcomes.pressure]
    findings = (Finding(FINDING, weight, "small", "So.", (("work.slow", 1.0),), "Look."),) if weight else ()
    return Observation(Reading(START, "small", samples), findings)


def _quiet(outcomes: Outcomes) -> dict[str, bool]:
    return {"work.done": True, "work.slow": outcomes.stressed != "fired"}


def settled(memory: Memory) -> Memory:
    """What the next states depend on: counters only up to where they make a difference, and no history."""
    return Memory(
        state=memory.state,
        band=memory.band,
        critical_cycles=min(memory.critical_cycles, PATIENCE.critical),
        pressure_cycles=min(memory.pressure_cycles, PATIENCE.pressure),
        calm_cycles=min(memory.calm_cycles, PATIENCE.calm),
        blind_cycles=min(memory.blind_cycles, PATIENCE.blind),
        judged=memory.judged,
        lost=memory.lost,
    )


class Relation:
    """The whole transition relation, as found by the engine itself."""

    def __init__(self) -> None:
        self.after: dict[tuple[Memory, Outcomes], Memory] = {}
        self.modes: dict[tuple[Memory, Outcomes], Mode] = {}
        self.memories: list[Memory] = []
        self.decided = 0
        self._explore()

    def _explore(self) -> None:
        # Observations that no gate tells apart lead to the same memory: one of them is decided.
        start = settled(Memory())
        queue, found = deque([start]), {start}
        while queue:
            memory = queue.popleft()
            self.memories.append(memory)
            for outcomes in EVERY:
                decision = ENGINE.decide(memory, realised(outcomes), brief=True)
                self.decided += 1
                then = settled(decision.memory)
                self.after[memory, outcomes] = then
                self.modes[memory, outcomes] = decision.mode
                if then not in found:
                    found.add(then)
                    queue.append(then)

    def path(self, memory: Memory, outcomes: Outcomes) -> Iterator[HealthState]:
        """The states that follow while the outcomes stay the same, until the memory does."""
        yield memory.state
        seen = set()
        while memory not in seen:
            seen.add(memory)
            memory = self.after[memory, outcomes]
            yield memory.state


@pytest.fixture(scope="module")
def relation() -> Relation:
    return Relation()


pytestmark = pytest.mark.xdist_group("health_transitions")


def test_every_combination_is_realised(relation: Relation, capsys: pytest.CaptureFixture[str]) -> None:
    states = len(relation.memories)
    with capsys.disabled():
        print(f"\n{states} memories x {len(EVERY)} outcomes = {relation.decided} decisions")  # noqa: T201
    assert relation.decided == states * len(EVERY)
    assert {memory.state for memory in relation.memories} == set(HealthState)
    assert set(relation.modes.values()) == set(Mode)
    for (memory, outcomes), mode in relation.modes.items():
        if outcomes.mode is not Mode.IDLE:
            assert mode is outcomes.mode
        elif mode is not Mode.IDLE:
            lost = relation.after[memory, outcomes].lost
            assert outcomes.critical == "fired" or outcomes.stressed == "fired" or lost


def test_no_step_is_skipped(relation: Relation) -> None:
    steps = {(memory.state, then.state) for (memory, _), then in relation.after.items()}
    happy, stressed, critical, unknown = (
        HealthState.HAPPY, HealthState.STRESSED, HealthState.CRITICAL, HealthState.UNKNOWN,
    )  # fmt: skip
    assert steps == {
        (unknown, unknown), (unknown, happy), (unknown, stressed),
        (happy, happy), (happy, stressed),
        (stressed, happy), (stressed, stressed), (stressed, critical),
        (critical, stressed), (critical, critical),
    }  # fmt: skip


def test_the_documentation_draws_these_steps_and_no_others(relation: Relation) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "health.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", page, re.MULTILINE))
    steps = {(memory.state.value, then.state.value) for (memory, _), then in relation.after.items()}
    assert drawn == {(one, other) for one, other in steps if one != other}


def test_critical_is_entered_and_left_by_critical_gates_alone(relation: Relation) -> None:
    for (memory, outcomes), then in relation.after.items():
        entered = then.state is HealthState.CRITICAL and memory.state is not HealthState.CRITICAL
        left = memory.state is HealthState.CRITICAL and then.state is not HealthState.CRITICAL
        if entered:
            assert outcomes.critical == "fired"
            assert memory.critical_cycles >= PATIENCE.critical - 1
        if left:
            assert outcomes.critical in ("clear", "unknown")
            assert outcomes.mode is not Mode.BLIND


def test_equal_outcomes_never_make_the_state_go_back_and_forth(relation: Relation) -> None:
    for memory in relation.memories:
        for outcomes in EVERY:
            ranks = [RANK[state] for state in relation.path(memory, outcomes)]
            steps = [after > before for before, after in pairwise(ranks) if after != before]
            # When what was lost is forgotten, the ground changes once although the outcomes do not.
            unseen = "unknown" in (outcomes.critical, outcomes.stressed) or outcomes.mode is Mode.BLIND
            assert sum(one is not other for one, other in pairwise(steps)) <= unseen, (memory, outcomes)
            assert ranks[-1] == ranks[-2]


def _worse(outcomes: Outcomes) -> Iterable[Outcomes]:
    """The same with one thing worse, and everything that tells the mode as it is."""
    for name, order in (
        ("critical", ("clear", "near", "fired")),
        ("stressed", ("clear", "fired")),
        ("healthy", ("fired", "clear")),
        ("pressure", ("none", "pressure")),
    ):
        now = getattr(outcomes, name)
        if now in order[:-1]:
            yield attrs.evolve(outcomes, **{name: order[order.index(now) + 1]})


def test_worse_outcomes_never_lead_to_a_healthier_state(relation: Relation) -> None:
    compared = 0
    for (memory, outcomes), then in relation.after.items():
        for worse in _worse(outcomes):
            assert RANK[relation.after[memory, worse].state] >= RANK[then.state], (memory, outcomes, worse)
            compared += 1
    assert compared > len(relation.after)


def test_what_was_seen_and_is_lost_improves_nothing(relation: Relation) -> None:
    for (memory, outcomes), then in relation.after.items():
        if RANK[then.state] >= RANK[memory.state]:
            continue
        just_seen = memory.judged
        if outcomes.critical == "unknown":
            assert "work.failed_critical" not in just_seen
        if outcomes.stressed == "unknown":
            # Critical ends by critical gates alone; nothing else that is lost makes a cluster Happy.
            assert "work.slow_stressed" not in just_seen or memory.state is HealthState.CRITICAL


@pytest.mark.parametrize(
    ("outcomes", "reached"), [(CALM, HealthState.HAPPY), (WORST, HealthState.CRITICAL)], ids=["calm", "critical"]
)
def test_there_is_no_dead_end(relation: Relation, outcomes: Outcomes, reached: HealthState) -> None:
    longest = 0
    for memory in relation.memories:
        path = list(relation.path(memory, outcomes))
        assert path[-1] is reached
        longest = max(longest, path.index(reached))
    assert longest <= 1 + max(PATIENCE.critical, PATIENCE.calm)


def test_idle_is_happy_at_once_and_blind_is_stressed_in_time(relation: Relation) -> None:
    for (memory, outcomes), then in relation.after.items():
        if relation.modes[memory, outcomes] is Mode.IDLE and memory.state is not HealthState.CRITICAL:
            assert then.state is HealthState.HAPPY
        if then.blind_cycles >= PATIENCE.blind:
            assert then.state in (HealthState.STRESSED, HealthState.CRITICAL)
