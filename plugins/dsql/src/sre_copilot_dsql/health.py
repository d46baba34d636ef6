"""What presses on DSQL, which causes that means, and DSQL as an actor of the cluster.

One server on one machine cannot produce any of it: these rules are tested on constructed readings only.
"""

from __future__ import annotations

import attrs

from sre_copilot_dsql import signals
from sre_copilot_hookspecs import (
    Action,
    ActionKind,
    AmplifierEvaluator,
    Cause,
    Finding,
    Findings,
    Pressure,
    Risk,
    Service,
    Signal,
    Threshold,
    ThresholdProfile,
    Window,
)

_EXPERIENCE = "operating experience with Temporal on Aurora DSQL"


@attrs.frozen
class Limit:
    """One finding while a signal has been at or beyond a limit in the last two readings."""

    key: str
    signal: Signal
    limit: float
    """In the signal's unit."""
    says: str
    """With ``{value}``."""
    remedy: str
    threshold: Threshold = attrs.field(init=False)
    """The limit as the rules know it."""

    @threshold.default
    def _its_threshold(self) -> Threshold:
        return Threshold.everywhere(self.key, self.signal.unit, self.limit, source=_EXPERIENCE)

    @property
    def finds(self) -> tuple[str, ...]:
        """The one finding."""
        return (self.key,)

    def evaluate(self, window: Window) -> Findings:
        """The finding, or none; a gap is no finding."""
        values = [reading.value(self.signal.key) for reading in window.readings[-2:]]
        known = [value for value in values if value is not None and value >= window.limit(self.threshold)]
        if len(known) < 2:
            return Findings()
        evidence = ((self.signal.key, known[-1]),)
        says = self.says.format(value=known[-1])
        return Findings((Finding(self.key, Pressure.PRESSURE, "dsql", says, evidence, self.remedy),))


_SPREAD = "Find the rows: hot workflows, hot task queues, shards that two processes believe to own."
_CONNECT = "Raise the pool's limit if the cluster's budget of connections allows it, or slow down what asks."

_LIMITS = (
    Limit("dsql.transactions_collide", signals.CONFLICTS, 30.0, "{value:.0f} transactions a second collide.", _SPREAD),
    Limit(
        "dsql.transactions_are_given_up",
        signals.CONFLICTS_EXHAUSTED,
        0.2,
        "{value:.1f} transactions a second are given up after repeated collisions.",
        _SPREAD,
    ),
    Limit("dsql.pool_is_full", signals.POOL_USED, 0.8, "{value:.0%} of the connections are in use.", _CONNECT),
    Limit(
        "dsql.connections_are_waited_for",
        signals.CHECKOUT_P95,
        0.1,
        "Requests wait {value:.2f} s for a connection.",
        _CONNECT,
    ),
    Limit(
        "dsql.reservoir_is_empty",
        signals.EMPTY,
        0.2,
        "{value:.1f} requests a second find no connection ready.",
        _CONNECT,
    ),
    Limit(
        "dsql.connections_churn",
        signals.CHURN,
        10.0,
        "{value:.0f} connections a second are opened or thrown away.",
        "Spread their ends over their hour of life; DSQL admits 100 new ones a second for the whole cluster.",
    ),
)

EVALUATORS: tuple[AmplifierEvaluator, ...] = _LIMITS
"""Every evaluator."""

LIMITS = ThresholdProfile("dsql evaluators", tuple(limit.threshold for limit in _LIMITS))
"""Every number that they compare with."""

_COLLISIONS = ("dsql.transactions_collide", "dsql.transactions_are_given_up")
_NO_CONNECTIONS = ("dsql.pool_is_full", "dsql.connections_are_waited_for", "dsql.reservoir_is_empty")

CAUSES = (
    Cause(
        "dsql_contention",
        "contention",
        service="dsql",
        says="Transactions change the same rows, and all but one of them have to begin again.",
        rank=59,
        any_of=_COLLISIONS,
        actions=(
            Action(ActionKind.ALERT, "workload", _SPREAD),
            Action(ActionKind.CONFIGURE, "history", "Do not add clients: they collide more.", Risk.MEDIUM),
        ),
    ),
    Cause(
        "connections_exhausted",
        "connections exhausted",
        service="dsql",
        says="Requests wait for a connection to the database, or it is spent on making new ones.",
        rank=65,
        any_of=(*_NO_CONNECTIONS, "dsql.connections_churn"),
        actions=(Action(ActionKind.CONFIGURE, "persistence", _CONNECT, Risk.MEDIUM),),
    ),
)

SERVICE = Service(
    "dsql",
    "Aurora DSQL",
    degraded_by=("dsql.transactions_are_given_up",),
    pressed_by=("dsql.transactions_collide", *_NO_CONNECTIONS, "dsql.connections_churn"),
    # Only a server on DSQL tells how many connections it may have.
    needs=("dsql.pool_used",),
    optional=True,
)
