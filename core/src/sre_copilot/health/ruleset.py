"""All declarations of all plugins, resolved once: the frozen rules that every decision carries by digest."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs import (
    Band,
    Category,
    Cause,
    Gate,
    ScaleRule,
    Service,
    Signal,
    Threshold,
    Unit,
    WorkerRule,
    Worst,
)

ENGINE = "4"
"""Version of the decision engine. It changes whenever equal rules and inputs may decide differently."""

OPERATOR = "set by the operator"
"""The source of a threshold that overrides what a plugin declares."""


@attrs.frozen
class SignalRule:
    """What the engine needs to know about a signal; the expression is kept as its text."""

    key: str
    category: Category
    service: str
    unit: Unit
    asks: str
    measure: str
    worst: Worst | None = None

    @classmethod
    def of(cls, signal: Signal) -> SignalRule:
        """The rule for a declared signal."""
        measure = repr(signal.measure) if signal.measure is not None else f"probe {signal.probe}"
        return cls(signal.key, signal.category, signal.service, signal.unit, signal.asks, measure, signal.worst)


@attrs.frozen
class Patience:
    """How many consecutive cycles something takes. The sources are the copilot's own health rules."""

    critical: int = 3
    """Cycles with a critical gate before Critical: one bad scrape is not an outage."""
    pressure: int = 2
    """Cycles of pressure before Stressed."""
    calm: int = 2
    """Calm cycles before Stressed becomes Happy."""
    blind: int = 3
    """Blind cycles before Stressed."""
    forget: int = 20
    """Cycles after which a gate that cannot be judged any more stops holding back an improvement."""
    aftermath: int = 10
    """Cycles after Critical in which windows still show what is over: the longest quantile looks back as far."""
    lingering: int = 4
    """Cycles for which rates still show what is over: they look back as far, also at what keeps a cluster Critical."""
    issue: int = 2
    """Cycles without evidence before an issue is resolved."""


@attrs.frozen
class Visibility:
    """How much must be seen."""

    blind_below: float = 0.5
    """Share of the primary signals under which nothing is concluded from what is not there."""
    stale_after: float = 120.0
    """Seconds after which a sample no longer speaks of now: the window of the rates."""


@attrs.frozen
class Ruleset:
    """Everything a decision depends on besides its inputs. Made by :func:`sre_copilot.health.resolve.resolve`."""

    signals: tuple[SignalRule, ...]
    gates: tuple[Gate, ...]
    thresholds: tuple[Threshold, ...]
    causes: tuple[Cause, ...]
    services: tuple[Service, ...]
    worker_rules: tuple[WorkerRule, ...]
    scale: ScaleRule
    fixed_band: Band | None = None
    """The band of the deployment profile, where there is one; otherwise it follows the scale rule."""
    patience: Patience = Patience()
    visibility: Visibility = Visibility()
    plugins: tuple[tuple[str, str], ...] = ()
    """Name and version of every plugin that declared something."""
    engine: str = ENGINE


def needed_signals(ruleset: Ruleset) -> tuple[str, ...]:
    """Every signal that the state can depend on."""
    judged = (key for gate in ruleset.gates for key in (gate.signal, *(condition.signal for condition in gate.when)))
    needs = (key for service in ruleset.services for key in service.needs)
    scale = (ruleset.scale.signal, *((ruleset.scale.demand,) if ruleset.scale.demand is not None else ()))
    return tuple(dict.fromkeys((*judged, *scale, *needs)))
