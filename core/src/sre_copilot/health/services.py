"""How each actor of the cluster behaves, and on whose side work waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sre_copilot.health.decision import (
    Bottleneck,
    GateResult,
    Outcome,
    PressureLevel,
    Progress,
    ServiceStatus,
)
from sre_copilot.health.modes import is_seen
from sre_copilot_hookspecs import Finding, HealthState, Mode, Pressure, Reading, Service, Side

_NONE: frozenset[str] = frozenset()


def present(declared: Iterable[Service], facts: frozenset[str], reading: Reading) -> Iterator[Service]:
    """The actors that this cluster has: those it has in any case, and those of which something is seen."""
    for service in declared:
        speaks = facts.intersection((*service.blocked_by, *service.degraded_by, *service.pressed_by))
        if not service.optional or speaks or any(reading.sample(signal) is not None for signal in service.needs):
            yield service


def describe(
    service: Service,
    facts: frozenset[str],
    results: dict[str, GateResult],
    findings: dict[str, Finding],
    reading: Reading,
    mode: Mode,
) -> ServiceStatus:
    """The status of one actor, from facts alone."""
    speaking: tuple[str, ...] = ()
    if facts:
        named = dict.fromkeys((*service.blocked_by, *service.degraded_by, *service.pressed_by))
        speaking = tuple([fact for fact in named if fact in facts])
    return ServiceStatus(
        service.key,
        service.name,
        _progress(service, facts if speaking else _NONE, reading),
        _pressure(service, facts, findings) if speaking else PressureLevel.LOW,
        _dominant(speaking, results, findings) if speaking else None,
        speaking,
        tuple([why for expected_mode, _, why in service.expected_in if expected_mode is mode]),
    )


def _progress(service: Service, facts: frozenset[str], reading: Reading) -> Progress:
    if facts and facts.intersection(service.blocked_by):
        return Progress.BLOCKED
    if facts and facts.intersection(service.degraded_by):
        return Progress.DEGRADED
    samples = reading.samples
    for signal in service.needs:
        if is_seen(samples.get(signal)):
            return Progress.OK
    return Progress.UNKNOWN if service.needs else Progress.OK


def _pressure(service: Service, facts: frozenset[str], findings: dict[str, Finding]) -> PressureLevel:
    pressing = facts.intersection(service.pressed_by)
    if not pressing:
        return PressureLevel.LOW
    heavy = any(fact not in findings or findings[fact].pressure is Pressure.PRESSURE for fact in pressing)
    return PressureLevel.HIGH if heavy else PressureLevel.MODERATE


def _dominant(speaking: tuple[str, ...], results: dict[str, GateResult], findings: dict[str, Finding]) -> str | None:
    judged = [results[fact] for fact in speaking if fact in results and results[fact].outcome is Outcome.FIRED]
    if judged:
        return max(judged, key=lambda result: (result.margin or 0.0, result.key)).signal
    found = next((findings[fact] for fact in speaking if fact in findings), None)
    return found.evidence[0][0] if found else None


def bottleneck(
    declared: tuple[Service, ...], statuses: tuple[ServiceStatus, ...], state: HealthState, mode: Mode
) -> Bottleneck:
    """On whose side work waits; unknown while too little is seen."""
    sides = {service.key: service.side for service in declared}
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
