"""Decisions to store and to serve, built by hand: what the engine makes of them is tested elsewhere."""

from __future__ import annotations

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.status import (
    ActionRow,
    FindingRow,
    GateRow,
    ServiceRow,
    SignalRow,
    StatusDocument,
)
from sre_copilot.health.decision import (
    NO_CAUSE,
    Bottleneck,
    CauseVerdict,
    Decision,
    GateResult,
    Outcome,
)
from sre_copilot.health.memory import Memory, Recent
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset, SignalRule
from sre_copilot_hookspecs import (
    Band,
    Category,
    Finding,
    HealthState,
    LabelledValue,
    Level,
    Missing,
    MissingReason,
    Mode,
    Pressure,
    Reading,
    Sample,
    ScaleRule,
    Threshold,
    Unit,
)

NOON = Instant.from_utc(2026, 3, 1, 12)
CYCLE = 30.0
NO_WORKERS = CauseVerdict("no_workers", "no workers", "workload", "No worker polls.", ("workers.none",))

HAPPY, STRESSED, CRITICAL = HealthState.HAPPY, HealthState.STRESSED, HealthState.CRITICAL

Recorded = tuple[Receipt, StatusDocument]


def at(cycle: float) -> Instant:
    """The instant of a cycle, counted from noon."""
    return NOON + TimeDelta(seconds=CYCLE * cycle)


def recorded(
    cycle: float = 0,
    state: HealthState = HAPPY,
    *,
    before: HealthState | None = None,
    cluster: str = "prod",
    instant: Instant | None = None,
    reason: str = "Work is dispatched as fast as it arrives.",
) -> Recorded:
    """The receipt and the status of one cycle."""
    when = at(cycle) if instant is None else instant
    receipt = _receipt(when, cluster, state, state if before is None else before)
    return receipt, _status(receipt, reason)


def history(states: str, cluster: str = "prod") -> list[Recorded]:
    """Consecutive cycles from noon on, one for each letter: ``h``, ``s``, ``c``, and ``.`` for a missed one."""
    known = {"h": HAPPY, "s": STRESSED, "c": CRITICAL}
    made: list[Recorded] = []
    before = HealthState.UNKNOWN
    for cycle, letter in enumerate(states):
        if letter == ".":
            continue
        made.append(recorded(cycle, known[letter], before=before, cluster=cluster))
        before = known[letter]
    return made


def ruleset() -> Ruleset:
    """A small set of rules."""
    signal = SignalRule(
        "matching.pollers", Category.PRIMARY, "matching", Unit.COUNT, "Does anyone poll?", "probe pollers"
    )
    threshold = Threshold.everywhere("workers.none", Unit.COUNT, 1.0, source="nobody is less than one")
    return Ruleset((signal,), (), (threshold,), (), (), (), ScaleRule("history.transitions"))


def _receipt(when: Instant, cluster: str, state: HealthState, before: HealthState) -> Receipt:
    labels = (("namespace", "shop"), ("task_queue", 'orders "fast"\\1'))
    samples: dict[str, Sample | Missing] = {
        "matching.pollers": Sample(0.1 + 0.2, 1.5, (LabelledValue(labels, 0.0),), 3, "worst of 4"),
        "history.backlog_age": Missing(MissingReason.WARMING_UP, "one of two scrapes"),
    }
    finding = Finding("matching.slow", Pressure.PRESSURE, "matching", "Slow.", (("matching.pollers", 0.0),), "More.")
    gate = GateResult("workers.none", Level.CRITICAL, Outcome.FIRED, "matching.pollers", 0.0, 1.0, 1.0, where=labels)
    memory = Memory(
        state,
        when,
        Band.STARTER,
        critical_cycles=2,
        recent=Recent(("matching.pollers",), ((0.25,), (None,), (0.1 + 0.2,))),
        cycles=7,
    )
    decision = Decision(
        at=when,
        cluster=cluster,
        state=state,
        before=before,
        since=when,
        band=Band.STARTER,
        mode=Mode.NORMAL,
        gates=(gate,),
        findings=(finding,),
        services=(),
        bottleneck=Bottleneck.WORKER,
        cause=NO_CAUSE if state is HAPPY else NO_WORKERS,
        runners_up=(),
        visibility=0.75,
        confidence=0.9,
        ruleset="ab" * 32,
        debounce=3,
        memory=memory,
    )
    observation = Observation(Reading(when, cluster, samples), (finding,), (), 0.25)
    return Receipt(observation, attrs.evolve(memory, state=before), decision)


def _status(receipt: Receipt, reason: str) -> StatusDocument:
    decision = receipt.decision
    pollers = SignalRow(
        "matching.pollers",
        "primary",
        "matching",
        "count",
        0.1 + 0.2,
        "0.3",
        age_seconds=1.5,
        series=(({"namespace": "shop", "task_queue": 'orders "fast"\\1'}, 0.0),),
        dropped=3,
    )
    backlog = SignalRow(
        "history.backlog_age",
        "primary",
        "history",
        "seconds",
        None,
        "missing: warming up",
        missing="warming_up",
        detail="one of two scrapes",
    )
    clear = GateRow(
        "history.slow", "stressed", "clear", "history.latency", "seconds", 0.2, 1.0, -0.8, "History is quick."
    )
    fired = GateRow("workers.none", "critical", "fired", "matching.pollers", "count", 0.0, 1.0, 1.0, "Nobody polls.")
    return StatusDocument(
        id=str(receipt.id),
        cluster=decision.cluster,
        health_state=decision.state.value,
        since=decision.since,
        cause=decision.cause.name,
        reason=reason,
        observed_at=decision.at,
        band=decision.band.value,
        mode=decision.mode.value,
        bottleneck=decision.bottleneck.value,
        visibility=decision.visibility,
        confidence=decision.confidence,
        critical_cycles=2,
        debounce=decision.debounce,
        ruleset=decision.ruleset,
        cycle_seconds=CYCLE,
        primary_signals=(pollers, backlog),
        amplifiers=(SignalRow("dsql.conflicts", "amplifier", "persistence", "per second", 2.0, "2/s"),),
        gates=(clear, fired),
        services=(ServiceRow("matching", "matching", "degraded", "moderate", "matching.pollers"),),
        findings=(FindingRow("matching.slow", "pressure", "matching", "Slow.", "More."),),
        recommended_actions=(ActionRow("scale", "workers", "Start a worker.", "low", {"direction": "up"}),),
        trends={"matching.pollers": "worsening"},
    )
