"""The built-in rules, resolved as the copilot resolves them, for tests that need no plugin manager."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from whenever import Instant, TimeDelta

from sre_copilot.health import reasons
from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.declarations import Declarations, Declared
from sre_copilot.health.observation import Observation
from sre_copilot.health.resolve import resolve
from sre_copilot_dsql import plugin as dsql
from sre_copilot_hookspecs import Missing, MissingReason, Reading, Sample
from sre_copilot_temporal import evaluators, plugin, signals

T = TypeVar("T")

START = Instant.from_utc(2026, 1, 1)
CYCLE = TimeDelta(seconds=30)


def declared(values: Iterable[T], by: str = "temporal") -> tuple[Declared[T], ...]:
    """Values as a plugin's declarations."""
    return tuple(Declared(by, value) for value in values)


SIGNALS = (*signals.SIGNALS, *dsql.copilot_signals())
EVALUATORS = (*evaluators.EVALUATORS, *dsql.copilot_amplifier_evaluators())


def builtin_declarations() -> Declarations:
    """What the built-in plugins declare about health."""
    return Declarations(
        signals=(*declared(plugin.copilot_signals()), *declared(dsql.copilot_signals(), "dsql")),
        gates=declared(plugin.copilot_gates()),
        threshold_profiles=(
            *declared(plugin.copilot_threshold_profiles()),
            *declared(dsql.copilot_threshold_profiles(), "dsql"),
        ),
        causes=(*declared(plugin.copilot_causes()), *declared(dsql.copilot_causes(), "dsql")),
        services=(*declared(plugin.copilot_services()), *declared(dsql.copilot_services(), "dsql")),
        worker_rules=declared(plugin.copilot_worker_rules()),
        findings=declared(key for evaluator in EVALUATORS for key in evaluator.finds),
        plugins=(("dsql", "0.1.0"), ("temporal", "0.1.0")),
    )


BUILTIN = resolve(builtin_declarations())
ENGINE = Engine.of(BUILTIN)

STEADY: dict[str, float] = {
    "demand.workflow_starts": 5,
    "demand.start_requests": 5,
    "demand.signals": 5,
    "demand.tasks_added": 25,
    "demand.workflow_tasks_added": 25,
    "frontend.reachable": 1,
    "frontend.requests": 45,
    "frontend.error_share": 0,
    "frontend.start_acceptance": 1,
    "frontend.latency_p99": 0.02,
    "frontend.resource_exhausted": 0,
    "history.completion_ratio": 1,
    "history.workflow_tasks_completed": 25,
    "history.state_transitions": 75,
    "history.task_rate": 100,
    "history.backlog_age": 0.05,
    "history.task_error_share": 0,
    "history.transition_latency_p99": 0.03,
    "history.shard_churn": 0,
    "history.deletion_rate": 0,
    "matching.dispatch_ratio": 1,
    "matching.backlog_growth": 0,
    "matching.drain": 0,
    "matching.tasks_dispatched": 25,
    "matching.backlog": 0,
    "matching.backlog_age": 0,
    "persistence.error_share": 0,
    "persistence.errors": 0,
    "persistence.write_error_share": 0,
    "persistence.latency_p99": 0.01,
    "persistence.latency_p95": 0.004,
    "persistence.requests": 180,
    "server.up_share": 1,
    "workers.up": 1,
    "workers.pollers": 1,
    "workers.slots_available": 90,
    "workflows.closes": 5,
    "workflows.success_share": 1,
}
"""A healthy cluster with five small workflows a second, after the recording of one."""

NO_WORKERS = {
    **{
        key: value for key, value in STEADY.items() if key not in ("workers.slots_available", "workflows.success_share")
    },
    "matching.dispatch_ratio": 0.0,
    "history.completion_ratio": 0.0,
    "history.state_transitions": 10.0,
    "matching.backlog_growth": 25.0,
    "matching.drain": -25.0,
    "matching.tasks_dispatched": 0.0,
    "matching.backlog": 120.0,
    "matching.backlog_age": 20.0,
    "workers.up": 0.0,
    "workers.pollers": 0.0,
    "workflows.closes": 0.0,
}
"""The same with every worker gone for twenty seconds."""

DRAINING = {
    **STEADY,
    "matching.dispatch_ratio": 1.3,
    "matching.backlog_growth": -10.0,
    "matching.drain": 10.0,
    "matching.backlog": 80.0,
    "matching.backlog_age": 70.0,
}
"""The same with the workers back and their backlog not yet worked off."""

_NOTHING_HAPPENS = (
    "frontend.error_share",
    "frontend.start_acceptance",
    "frontend.latency_p99",
    "history.transition_latency_p99",
    "persistence.write_error_share",
    "history.completion_ratio",
    "history.backlog_age",
    "matching.dispatch_ratio",
    "workflows.success_share",
)
IDLE = {
    **{key: 0.0 for key in STEADY if key not in _NOTHING_HAPPENS},
    "frontend.reachable": 1.0,
    "server.up_share": 1.0,
    "workers.up": 1.0,
    "workers.slots_available": 100.0,
}
"""The same with nothing to do: ratios and quantiles of nothing are missing."""

PROBED = {key: STEADY[key] for key in ("frontend.reachable", "matching.backlog", "matching.backlog_age")}
"""What is left when the metrics are gone and the API still answers."""


def observe(
    values: dict[str, float],
    cycle: int = 0,
    *,
    missing: MissingReason = MissingReason.NO_DATA,
    **more: object,
) -> Observation:
    """An observation with these values; every other signal is missing for one reason."""
    samples = {
        rule.key: Sample(float(values[rule.key])) if rule.key in values else Missing(missing)
        for rule in BUILTIN.signals
    }
    at = START + CYCLE * cycle
    return Observation(Reading(at, "test", samples), **more)  # type: ignore[arg-type]


def reason(decision: Decision) -> str:
    """What a decision of the built-in rules rests on, in words."""
    return reasons.reason(BUILTIN, decision)
