"""The state machine: from what the gates say to Happy, Stressed or Critical, one step at a time."""

from __future__ import annotations

from functools import cache

import attrs

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot.health.memory import Known, Memory
from sre_copilot.health.modes import JUDGING
from sre_copilot.health.ruleset import Patience
from sre_copilot_hookspecs import Finding, HealthState, Level, Mode, Pressure


@attrs.frozen
class Evidence:
    """The gates and findings of one cycle, condensed to what the state depends on."""

    critical: bool
    """A critical gate fired."""
    near: bool
    """A critical gate is within its recovery margin."""
    critical_lost: bool
    """A critical gate that could be judged before cannot be judged now."""
    stressed: bool
    """A stressed gate fired."""
    unhealthy: bool
    """A healthy gate was judged and did not fire."""
    lost: bool
    """Any gate that could be judged before cannot be judged now."""
    pressure: bool
    """An amplifier finding of weight."""
    mode: Mode


@attrs.frozen
class Counters:
    """The counters of :class:`Memory`, moved on by one cycle."""

    critical_cycles: int
    pressure_cycles: int
    calm_cycles: int
    blind_cycles: int


def gather(
    results: tuple[GateResult, ...], findings: tuple[Finding, ...], lost: frozenset[str], mode: Mode
) -> Evidence:
    """The evidence in judged gates and findings.

    :param lost: keys of the gates that could be judged before and cannot be judged now.
    """

    critical = near = critical_lost = stressed = unhealthy = False
    is_critical, is_stressed, is_healthy, has_fired = Level.CRITICAL, Level.STRESSED, Level.HEALTHY, Outcome.FIRED
    for result in results:
        level, outcome = result.level, result.outcome
        fired = outcome is has_fired
        if level is is_critical:
            critical = critical or fired
            near = near or result.near
            critical_lost = critical_lost or result.key in lost
        elif level is is_stressed:
            stressed = stressed or fired
        elif level is is_healthy:
            unhealthy = unhealthy or (outcome is Outcome.CLEAR and not result.note)
    return Evidence(
        critical=critical,
        near=near,
        critical_lost=critical_lost,
        stressed=stressed,
        unhealthy=unhealthy,
        lost=bool(lost),
        pressure=any(finding.pressure is Pressure.PRESSURE for finding in findings),
        mode=mode,
    )


def remember_known(memory: Memory, results: tuple[GateResult, ...], forget: int) -> tuple[Known, ...]:
    """Which gates could be judged, and how long ago, after this cycle."""
    before: dict[str, int] | None = None
    kept = []
    for result in results:
        if result.level not in JUDGING:
            continue
        if not result.unanswered:
            kept.append(_just_known(result.key))
            continue
        if before is None:
            before = {known.gate: known.cycles_ago for known in memory.known}
        if result.key in before and before[result.key] < forget:
            kept.append(Known(result.key, before[result.key] + 1))
    return tuple(kept)


@cache
def _just_known(gate: str) -> Known:
    # Nearly all gates are known in nearly every cycle.
    return Known(gate, 0)


def lost_gates(known: tuple[Known, ...]) -> frozenset[str]:
    """Gates that could be judged not long ago and cannot be judged now."""
    return frozenset(entry.gate for entry in known if entry.cycles_ago > 0)


def count(memory: Memory, evidence: Evidence, patience: Patience) -> Counters:
    """The counters after this cycle. What is unknown neither advances nor resets a counter."""
    blind = evidence.mode is Mode.BLIND
    critical = memory.critical_cycles + 1 if evidence.critical else memory.critical_cycles
    if not evidence.critical and not evidence.critical_lost and not blind:
        critical = 0
    pressure = memory.pressure_cycles + 1 if evidence.pressure else memory.pressure_cycles
    if not evidence.pressure and not blind:
        pressure = 0
    blind_cycles = memory.blind_cycles + 1 if blind else 0
    counters = Counters(critical, pressure, memory.calm_cycles, blind_cycles)
    calm = not (speaks_against_happy(counters, evidence, patience) or evidence.lost or blind)
    return Counters(critical, pressure, memory.calm_cycles + 1 if calm else 0, blind_cycles)


def speaks_against_happy(counters: Counters, evidence: Evidence, patience: Patience) -> bool:
    """Whether this cycle, by itself, is at least Stressed."""
    if counters.blind_cycles >= patience.blind or evidence.critical or evidence.stressed:
        return True
    if evidence.mode is Mode.IDLE:
        return False
    return evidence.unhealthy or counters.pressure_cycles >= patience.pressure


def has_grounds(counters: Counters, evidence: Evidence, patience: Patience) -> bool:
    """Whether this cycle shows something that may be blamed on somebody."""
    pressed = evidence.pressure and counters.pressure_cycles >= patience.pressure
    return evidence.critical or evidence.near or evidence.stressed or pressed


def next_state(memory: Memory, counters: Counters, evidence: Evidence, patience: Patience) -> HealthState:
    """The state after this cycle.

    Critical is entered from Stressed alone, after enough consecutive cycles, and left for Stressed alone, once
    every critical gate is past its recovery margin and can be seen to be. Nothing improves on what is unseen.
    """
    worse = speaks_against_happy(counters, evidence, patience)
    blind = evidence.mode is Mode.BLIND
    if memory.state is HealthState.CRITICAL:
        held = evidence.critical or evidence.near or evidence.critical_lost or blind
        return HealthState.CRITICAL if held else HealthState.STRESSED
    if memory.state is HealthState.STRESSED:
        if evidence.critical and counters.critical_cycles >= patience.critical:
            return HealthState.CRITICAL
        # What is lost or blind is not calm either.
        calm = evidence.mode is Mode.IDLE or counters.calm_cycles >= patience.calm
        return HealthState.HAPPY if calm and not worse else HealthState.STRESSED
    if worse:
        return HealthState.STRESSED
    if memory.state is HealthState.UNKNOWN and blind:
        return HealthState.UNKNOWN
    return HealthState.HAPPY
