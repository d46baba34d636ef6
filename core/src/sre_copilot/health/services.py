"""How each actor of the cluster behaves, and on whose side work waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from sre_copilot.health.decision import (
    Bottleneck,
    GateResult,
    PressureLevel,
    Progress,
    ServiceStatus,
)
from sre_copilot.health.sight import is_seen
from sre_copilot_hookspecs import Finding, HealthState, Mode, Pressure, Reading, Sample, Service, Side


@attrs.frozen(eq=False)
class Actor:
    """A declared service made ready; what depends on the declaration alone is computed once."""

    service: Service
    named: tuple[str, ...]
    """Every fact that speaks of it, each once."""
    all_named: frozenset[str]
    undisturbed: ServiceStatus
    """What it is in the mode while no fact speaks of it, and it can be seen."""
    unseen: ServiceStatus
    """What it is in the mode while no fact speaks of it, and it cannot be seen."""
    expected: tuple[str, ...]
    """Sentences about signals that look bad in the mode and are as they should be."""

    @classmethod
    def of(cls, service: Service, mode: Mode) -> Actor:
        """The actor for a declaration, in one mode."""
        named = tuple(dict.fromkeys((*service.blocked_by, *service.degraded_by, *service.pressed_by)))
        expected = tuple(why for known, _, why in service.expected_in if known is mode)
        undisturbed, unseen = (
            ServiceStatus(service.key, service.name, progress, PressureLevel.LOW, None, (), expected)
            for progress in (Progress.OK, Progress.UNKNOWN)
        )
        return cls(service, named, frozenset(named), undisturbed, unseen, expected)

    def shows(self, facts: frozenset[str], reading: Reading) -> bool:
        """Whether something is seen of it, which tells that this cluster has it."""
        if not facts.isdisjoint(self.all_named):
            return True
        return any(isinstance(reading.samples.get(signal), Sample) for signal in self.service.needs)

    def describe(
        self,
        facts: frozenset[str],
        fired: dict[str, GateResult],
        findings: dict[str, Finding],
        reading: Reading,
    ) -> ServiceStatus:
        """Its status, from facts alone."""
        service = self.service
        if facts.isdisjoint(self.all_named):
            return self.undisturbed if _is_seen(service, reading) else self.unseen
        speaking = tuple([fact for fact in self.named if fact in facts])
        return ServiceStatus(
            service.key,
            service.name,
            _progress(service, facts, reading),
            _pressure(service, facts, findings),
            _dominant(speaking, fired, findings),
            speaking,
            self.expected,
        )


def present(declared: Iterable[Actor], facts: frozenset[str], reading: Reading) -> list[Actor]:
    """The actors that this cluster has: all but the optional ones that do not show."""
    return [actor for actor in declared if not actor.service.optional or actor.shows(facts, reading)]


def _progress(service: Service, facts: frozenset[str], reading: Reading) -> Progress:
    if not facts.isdisjoint(service.blocked_by):
        return Progress.BLOCKED
    if not facts.isdisjoint(service.degraded_by):
        return Progress.DEGRADED
    return Progress.OK if _is_seen(service, reading) else Progress.UNKNOWN


def _is_seen(service: Service, reading: Reading) -> bool:
    """Whether anything can be said about an actor."""
    samples = reading.samples
    for signal in service.needs:
        if is_seen(samples.get(signal)):
            return True
    return not service.needs


def _pressure(service: Service, facts: frozenset[str], findings: dict[str, Finding]) -> PressureLevel:
    pressing = facts.intersection(service.pressed_by)
    if not pressing:
        return PressureLevel.LOW
    # Whatever presses and is no finding is a gate that fired.
    heavy = any(fact not in findings or findings[fact].pressure is Pressure.PRESSURE for fact in pressing)
    return PressureLevel.HIGH if heavy else PressureLevel.MODERATE


def _dominant(speaking: tuple[str, ...], fired: dict[str, GateResult], findings: dict[str, Finding]) -> str | None:
    judged = [fired[fact] for fact in speaking if fact in fired]
    if judged:
        return max([(result.margin or 0.0, result.key, result.signal) for result in judged])[2]
    found = next((findings[fact] for fact in speaking if fact in findings), None)
    return found.evidence[0][0] if found else None


def bottleneck(
    sides: Mapping[str, Side], statuses: tuple[ServiceStatus, ...], state: HealthState, mode: Mode
) -> Bottleneck:
    """On whose side work waits; unknown while too little is seen.

    :param sides: on which side each actor is, by its key.
    """
    if state is HealthState.HAPPY:
        return Bottleneck.NONE
    held_back = (Progress.BLOCKED, Progress.DEGRADED)
    waiting = {sides[status.key] for status in statuses if status.progress in held_back}
    # Pressure elsewhere is often only the echo of lost progress, so it counts when no progress is lost.
    waiting = waiting or {sides[status.key] for status in statuses if status.pressure is PressureLevel.HIGH}
    if len(waiting) == len(Side):
        return Bottleneck.MIXED
    if waiting:
        return Bottleneck.SERVER if Side.SERVER in waiting else Bottleneck.WORKER
    return Bottleneck.UNKNOWN if mode is Mode.BLIND or state is HealthState.UNKNOWN else Bottleneck.NONE
