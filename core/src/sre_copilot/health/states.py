"""The state machine: from what the gates say to Happy, Stressed or Critical, one step at a time."""

from __future__ import annotations

from sre_copilot.health.decision import GateResult
from sre_copilot.health.memory import Lost, Memory
from sre_copilot.health.modes import Places
from sre_copilot.health.quick import quick_frozen
from sre_copilot.health.ruleset import Patience
from sre_copilot_hookspecs import Finding, HealthState, Level, Mode, Pressure

# A name of this module is found three times as fast as an enum's member.
_CRITICAL, _STRESSED, _PRESSURE = Level.CRITICAL, Level.STRESSED, Pressure.PRESSURE
HAPPY, STRESSED, CRITICAL, UNKNOWN = HealthState.HAPPY, HealthState.STRESSED, HealthState.CRITICAL, HealthState.UNKNOWN
BLIND, RECOVERING, IDLE, NORMAL = Mode.BLIND, Mode.RECOVERING, Mode.IDLE, Mode.NORMAL
_IN_TROUBLE = (STRESSED, CRITICAL)


@quick_frozen
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


@quick_frozen
class Counters:
    """The counters of :class:`Memory`, moved on by one cycle."""

    critical_cycles: int
    pressure_cycles: int
    calm_cycles: int
    blind_cycles: int


def gather(
    results: tuple[GateResult, ...],
    fired: tuple[GateResult, ...],
    findings: tuple[Finding, ...],
    lost: tuple[Lost, ...],
    mode: Mode,
    places: Places,
) -> Evidence:
    """The evidence in judged gates and findings.

    :param fired: those of the results that fired.
    """
    levels = [result.level for result in fired]
    # Only critical gates have a recovery margin.
    critical = [results[place] for place in places.critical]
    out_of_sight = {entry.gate for entry in lost}
    return Evidence(
        critical=_CRITICAL in levels,
        near=True in [result.near for result in critical],
        critical_lost=bool(lost) and any(result.key in out_of_sight for result in critical),
        stressed=_STRESSED in levels,
        unhealthy=True in [results[place].is_refuted for place in places.healthy],
        lost=bool(lost),
        pressure=_PRESSURE in [finding.pressure for finding in findings],
        mode=mode,
    )


def count(memory: Memory, evidence: Evidence, patience: Patience) -> Counters:
    """The counters after this cycle. What is unknown neither advances nor resets a counter."""
    blind = evidence.mode is BLIND
    critical = memory.critical_cycles + 1 if evidence.critical else memory.critical_cycles
    if not evidence.critical and not evidence.critical_lost and not blind:
        critical = 0
    pressure = memory.pressure_cycles + 1 if evidence.pressure else memory.pressure_cycles
    if not evidence.pressure and not blind:
        pressure = 0
    blind_cycles = memory.blind_cycles + 1 if blind else 0
    # What an incident has left behind is still being worked off. A burst in good health leaves nothing behind.
    recovering = evidence.mode is RECOVERING and memory.state in _IN_TROUBLE
    # Pressure that has not lasted yet is no calm either: it would end one Stressed and at once begin the next.
    unseen, pressed = evidence.lost or blind, evidence.pressure
    worse = speaks_against_happy(blind_cycles, pressure, evidence, patience)
    calm = not (worse or unseen or pressed or recovering)
    return Counters(critical, pressure, memory.calm_cycles + 1 if calm else 0, blind_cycles)


def speaks_against_happy(blind_cycles: int, pressure_cycles: int, evidence: Evidence, patience: Patience) -> bool:
    """Whether this cycle, by itself, is at least Stressed."""
    if blind_cycles >= patience.blind or evidence.critical or evidence.stressed:
        return True
    if evidence.mode is IDLE:
        return False
    return evidence.unhealthy or pressure_cycles >= patience.pressure


def has_grounds(counters: Counters, evidence: Evidence, patience: Patience) -> bool:
    """Whether this cycle shows something that may be blamed on somebody."""
    pressed = evidence.pressure and counters.pressure_cycles >= patience.pressure
    return evidence.critical or evidence.near or evidence.stressed or pressed


def next_state(memory: Memory, counters: Counters, evidence: Evidence, patience: Patience) -> HealthState:
    """The state after this cycle.

    Critical is entered from Stressed alone, after enough consecutive cycles, and left for Stressed alone, once
    every critical gate is past its recovery margin and can be seen to be. Nothing improves on what is unseen.
    """
    worse = speaks_against_happy(counters.blind_cycles, counters.pressure_cycles, evidence, patience)
    blind = evidence.mode is BLIND
    if memory.state is CRITICAL:
        held = evidence.critical or evidence.near or evidence.critical_lost or blind
        return CRITICAL if held else STRESSED
    if memory.state is STRESSED:
        if evidence.critical and counters.critical_cycles >= patience.critical:
            return CRITICAL
        # What is lost or blind is not calm either.
        calm = evidence.mode is IDLE or counters.calm_cycles >= patience.calm
        return HAPPY if calm and not worse else STRESSED
    if worse:
        return STRESSED
    if memory.state is UNKNOWN and blind:
        return UNKNOWN
    return HAPPY
