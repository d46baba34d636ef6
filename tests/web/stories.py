"""What the page is shown in tests: decisions as full as real ones, and texts that try to be more than text."""

from __future__ import annotations

from itertools import pairwise

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.status import (
    ActionRow,
    ExplanationRow,
    FindingRow,
    GateRow,
    IssueRow,
    LogPatternRow,
    ParagraphRow,
    ProblemRow,
    ServiceRow,
    SignalRow,
)
from sre_copilot_hookspecs import HealthState
from tests.integration.decided import CRITICAL, HAPPY, NOON, STRESSED, Recorded, recorded

ISSUE = "00000000-0000-4000-8000-000000000001"
REASONS = {
    HAPPY: "Work is done as fast as it arrives.",
    STRESSED: "Workers take only 84 % of the work added to orders (Workflow) in default, under 90 %.",
    CRITICAL: "No workers. Workers take only 0 % of the work added to orders (Workflow) in default, under 30 %.",
}
ATTACK = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>\'"`&amp;\u202e{{missed_cycles}}'
"""Would show itself as a picture, a script, an entity or a template, if it were taken for anything but text."""
LONG = "a_very_long_name_without_any_place_to_break_it_" * 6


def told(
    when: Instant,
    state: HealthState,
    *,
    before: HealthState | None = None,
    cluster: str = "prod",
    cycle: float = 30.0,
    since: Instant | None = None,
) -> Recorded:
    """One cycle as the engine would tell it."""
    receipt, status = recorded(instant=when, state=state, before=before, cluster=cluster, reason=REASONS[state])
    status = attrs.evolve(status, cycle_seconds=cycle, since=since or when, elapsed_seconds=0.42, **_parts(when, state))
    return receipt, status


def day(end: Instant = NOON, last: HealthState = HAPPY, *, cycle: float = 300.0) -> list[Recorded]:
    """A day of cycles up to ``end``: mostly happy, an hour of trouble, a gap, and ``last`` for half an hour."""
    made: list[Recorded] = []
    states = [
        (ago, _state(ago, last))
        for ago in range(285, -1, -1)
        if not 150 <= ago < 162  # an hour in which nobody watched
    ]
    since = end
    for (_, before), (ago, state) in pairwise([(286, HAPPY), *states]):
        when = end - TimeDelta(seconds=cycle * ago)
        if state is not before or not made:
            since = when
        made.append(told(when, state, before=before, cycle=cycle, since=since))
    return made


def _state(ago: int, last: HealthState) -> HealthState:
    if 96 <= ago < 108:
        return CRITICAL
    if 90 <= ago < 114:
        return STRESSED
    return last if ago < 6 else HAPPY


def hostile(when: Instant) -> Recorded:
    """A cycle in which every text is an attack or has no end."""
    receipt, status = told(when, CRITICAL)
    action = ActionRow("scale", ATTACK, ATTACK, "low", {ATTACK: ATTACK})
    return receipt, attrs.evolve(
        status,
        reason=ATTACK,
        cause=ATTACK,
        recommended_actions=(action,),
        gates=(attrs.evolve(status.gates[0], sentence=ATTACK, key=LONG), *status.gates[1:]),
        services=(attrs.evolve(status.services[0], name=ATTACK, facts=(ATTACK, LONG)),),
        primary_signals=tuple(attrs.evolve(row, display=ATTACK, note=ATTACK) for row in status.primary_signals),
        explanation=ExplanationRow(ATTACK, (ParagraphRow("what", ATTACK, LONG * 5),), 0.9, note=ATTACK),
        issues=(attrs.evolve(status.issues[0], title=ATTACK, service=LONG),),
        log_patterns=(attrs.evolve(status.log_patterns[0], means="", template=ATTACK + LONG),),
        log_note=ATTACK,
        problems=(ProblemRow(ATTACK, ATTACK, ATTACK),),
    )


def plain(when: Instant, cluster: str = "prod") -> Recorded:
    """A cycle about which there is little to say."""
    receipt, status = recorded(instant=when, state=HAPPY, cluster=cluster)
    nothing: dict[str, tuple[()]] = dict.fromkeys(
        ("primary_signals", "amplifiers", "gates", "services", "findings", "recommended_actions"), ()
    )
    return receipt, attrs.evolve(status, trends={}, **nothing)


def _parts(when: Instant, state: HealthState) -> dict[str, object]:
    bad = state is not HAPPY
    minutes = TimeDelta(minutes=6)
    issue = IssueRow(ISSUE, "no workers", "workers", "critical", "No workers for orders", when - minutes, when)
    return {
        "primary_signals": _signals(when, bad=bad),
        "amplifiers": tuple(
            SignalRow(f"dsql.{name}", "amplifier", "persistence", "per second", 2.0, f"{n}.{n}/s")
            for n, name in enumerate(("conflicts", "retries", "pool_waits", "session_refreshes"))
        ),
        "gates": _gates(bad=bad),
        "services": _services(bad=bad),
        "findings": (
            FindingRow(
                "dsql.conflicts", "pressure", "persistence", "Conflicts rose to 2.0/s.", "Spread writes over more keys."
            ),
        )
        if bad
        else (),
        "recommended_actions": (
            ActionRow("scale", "workers", "Start workers for the task queue.", "low", {"direction": "up"}, 0.9),
            ActionRow("configure", "workers", "Check that workers poll this task queue in this namespace.", "low"),
        )
        if bad
        else (),
        "cause_says": "Work is added and nobody takes it: no worker polls the task queue." if bad else "",
        "explanation": _explanation() if bad else None,
        "issues": (issue,) if bad else (),
        "log_patterns": _log_patterns(when) if bad else (),
        "trends": {"matching.backlog_age": "worsening", "frontend.latency_p99": "improving"} if bad else {},
    }


def _signals(when: Instant, *, bad: bool) -> tuple[SignalRow, ...]:
    turn = when.timestamp() / 300 % 7
    values = (
        ("demand.workflow_starts", "demand", "per second", 5 + turn / 3, f"{5 + turn / 3:.1f}/s"),
        ("frontend.error_share", "frontend", "ratio", 0.0, "0 %"),
        ("frontend.latency_p99", "frontend", "seconds", 0.02 + turn / 500, f"{20 + turn * 2:.1f} ms"),
        ("history.state_transitions", "history", "per second", 50 + turn * 4, f"{50 + turn * 4:.1f}/s"),
        ("history.completion_ratio", "history", "ratio", 0.02 if bad else 1.0, "2 %" if bad else "100 %"),
        ("matching.backlog", "matching", "count", 337.0 if bad else turn, "337" if bad else f"{turn:.0f}"),
        ("matching.backlog_age", "matching", "seconds", 65.8 if bad else 0.1, "65.8 s" if bad else "100 ms"),
        ("matching.dispatch_ratio", "matching", "ratio", 0.0 if bad else 1.0, "0 %" if bad else "100 %"),
        ("persistence.latency_p99", "persistence", "seconds", 0.008, "8.74 ms"),
        ("workflows.closes", "workflows", "per second", 0.0 if bad else 5 + turn / 4, "0.0/s" if bad else "5.1/s"),
    )
    known = tuple(SignalRow(key, "primary", service, unit, value, text) for key, service, unit, value, text in values)
    missing = SignalRow(
        "canary.round_trip",
        "primary",
        "canary",
        "seconds",
        None,
        "missing: warming up",
        missing="warming_up",
        detail="one of two scrapes",
    )
    return (*known, missing)


def _gates(*, bad: bool) -> tuple[GateRow, ...]:
    fired = "fired" if bad else "clear"
    gates = [
        ("matching.dispatch_ratio_critical", "critical", fired, REASONS[CRITICAL].removeprefix("No workers. ")),
        ("history.completion_ratio_critical", "critical", fired, "Only 2 % of the workflow tasks get completed."),
        ("matching.backlog_age_stressed", "stressed", fired, "The oldest task in orders has waited 65.8 s, over 60 s."),
        ("canary.slow", "critical", "unknown", "Nobody knows how long the canary takes."),
        *((f"history.quick_{n}", "stressed", "clear", f"History is quick in way {n}.") for n in range(9)),
        ("history.completes", "healthy", "clear" if bad else "fired", "Tasks are completed as they come."),
    ]
    return tuple(
        GateRow(key, level, outcome, key.rpartition("_")[0], "ratio", 0.0, 0.3, 1.0, sentence)
        for key, level, outcome, sentence in gates
    )


def _services(*, bad: bool) -> tuple[ServiceRow, ...]:
    usual = [ServiceRow(name.lower(), name, "ok", "low") for name in ("Frontend", "History", "Persistence")]
    matching = ServiceRow("matching", "Matching", "degraded" if bad else "ok", "moderate" if bad else "low")
    facts = ("workers.none_up", "workers.nobody_polls") if bad else ()
    workers = ServiceRow(
        "workers", "Workers", "blocked" if bad else "ok", "high" if bad else "low", "workers.up", facts
    )
    return (*usual, matching, workers)


def _explanation() -> ExplanationRow:
    told = (
        ("state", "What holds", "Orders are accepted and nobody works on them. Nothing is lost: all of it waits."),
        ("cause", "Why", "No worker polls the task queue orders in the namespace default, for six minutes now."),
        ("evidence", "What shows it", "None of the three worker endpoints answers, and 0 % of the work is taken."),
        ("server", "What it is not", "The server is well: its frontend answers in 22.8 ms and stores without errors."),
        ("watch", "What to watch", "The backlog of 337 should fall within a minute after the first worker is back."),
    )
    return ExplanationRow("Nobody works on orders", tuple(ParagraphRow(*one) for one in told), 0.93)


def _log_patterns(when: Instant) -> tuple[LogPatternRow, ...]:
    begin = when - TimeDelta(minutes=5)
    return (
        LogPatternRow(
            "worker.shutdown",
            "workers",
            "warning",
            3,
            "Worker <id> is shutting down",
            begin,
            when,
            means="Workers were told to stop.",
            remedy="Find out who stopped them: a deployment, an autoscaler, or the system.",
            gates=("matching.dispatch_ratio_critical",),
            lag_seconds=4.0,
        ),
        LogPatternRow(
            "mined.1", "matching", "error", 1, "no poller for <name> since <number> s", begin, when, new=True
        ),
    )
