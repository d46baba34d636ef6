"""One decision with everything that is needed to tell it."""

from __future__ import annotations

from functools import cached_property

import attrs

from sre_copilot.explain.status import LogPatternRow
from sre_copilot.health.causes import BLIND, facts_of
from sre_copilot.health.decision import Decision, GateResult, Outcome, ServiceStatus, Trend
from sre_copilot.health.reasons import loudest, rest
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sentences import quantity, sentence
from sre_copilot.health.trends import trends
from sre_copilot_hookspecs import Finding, Gate, Level, Service, Unit

SPEAKING = (Level.CRITICAL, Level.STRESSED)
"""Levels whose fired gates speak against Happy."""


@attrs.frozen(eq=False)
class Case:
    """A decision, the rules that made it and the log patterns beside it, with quick ways through them."""

    ruleset: Ruleset
    decision: Decision
    log_patterns: tuple[LogPatternRow, ...] = ()

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """Declared gates by key."""
        return {gate.key: gate for gate in self.ruleset.gates}

    @cached_property
    def results(self) -> dict[str, GateResult]:
        """Judged gates by key."""
        return {result.key: result for result in self.decision.gates}

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """Findings by key."""
        return {finding.key: finding for finding in self.decision.findings}

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Units by signal."""
        return {rule.key: rule.unit for rule in self.ruleset.signals}

    @cached_property
    def values(self) -> dict[str, float]:
        """What was read of the signals that gates judge."""
        return {result.signal: result.value for result in self.decision.gates if result.value is not None}

    @cached_property
    def services(self) -> dict[str, Service]:
        """Declared services by key."""
        return {service.key: service for service in self.ruleset.services}

    @cached_property
    def trends(self) -> dict[str, Trend]:
        """Trends by signal."""
        return {trend.signal: trend for trend in trends(self.ruleset.gates, self.decision.memory.recent)}

    @cached_property
    def facts(self) -> frozenset[str]:
        """What causes and worker rules refer to, as the engine saw it."""
        blind = self.decision.memory.blind_cycles >= self.ruleset.patience.blind
        return facts_of(self.decision.gates, self.decision.findings, blind=blind)

    @cached_property
    def trigger(self) -> GateResult | None:
        """The fired gate that weighs most."""
        return loudest(self.decision.gates, self.decision.cause)

    @cached_property
    def reason(self) -> str:
        """What the state rests on, without the cause."""
        return rest(self.ruleset, self.decision)

    @cached_property
    def speaking(self) -> tuple[GateResult, ...]:
        """One fired gate for each signal, the trigger first, then the worst: critical hides stressed."""
        first = [self.trigger] if self.trigger is not None else []
        seen: dict[str, GateResult] = {}
        for result in (*first, *self.decision.fired):
            seen.setdefault(result.signal, result)
        return tuple(seen.values())

    @cached_property
    def blamed(self) -> ServiceStatus | None:
        """The actor that the cause blames, where it is one of the cluster's services."""
        return next((status for status in self.decision.services if status.key == self.decision.cause.service), None)

    def fired(self, level: Level) -> tuple[GateResult, ...]:
        """Fired gates of one level."""
        return tuple(
            result for result in self.decision.gates if result.level is level and result.outcome is Outcome.FIRED
        )

    def say(self, fact: str) -> str:
        """A fact as a whole sentence; empty for what is no fact of this decision."""
        if fact in self.results:
            result = self.results[fact]
            return sentence(self.gates[fact], result, self.units[result.signal])
        if fact in self.findings:
            return self.findings[fact].says
        return self.seen() if fact == BLIND else ""

    def seen(self) -> str:
        """How much can be read, as a sentence."""
        if self.decision.visibility >= 1:
            return "All primary signals can be read."
        share = quantity(self.decision.visibility, Unit.RATIO)
        return f"Only {share} of the primary signals can be read."

    def amount(self, signal: str, value: float) -> str:
        """A value of a signal in words."""
        return quantity(value, self.units[signal])

    def service_name(self, key: str) -> str:
        """The name of an actor; what is no service, such as the workload, is named by its key."""
        return self.services[key].name if key in self.services else f"the {key}"
