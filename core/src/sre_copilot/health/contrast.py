"""Where two rulesets decide differently, and which gate makes the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision, GateResult, Outcome
from sre_copilot.health.sight import JUDGING
from sre_copilot_hookspecs import HealthState, Level


@attrs.frozen
class GateDifference:
    """A gate that says something else under the other ruleset."""

    key: str
    signal: str
    value: float | None
    first: str
    """What it says under the first ruleset: fired, near, clear, unknown, or absent. Near is within the recovery margin,
    which keeps a cluster Critical."""
    second: str
    first_threshold: float | None
    second_threshold: float | None


@attrs.frozen
class Difference:
    """Cycles in a row in which two rulesets give different states."""

    start: Instant
    until: Instant
    cycles: int
    first: HealthState
    second: HealthState
    gates: tuple[GateDifference, ...]
    """Those that made it, as they were when it began. Empty where patience, bands or findings made it."""
    carried: bool = False
    """The gates agree again; what they said before still counts, by counters or recovery margins."""


class Contrast:
    """Compares two decisions a cycle."""

    def __init__(self, first: Engine, second: Engine, *, cycle: float) -> None:
        """Nothing is compared yet.

        :param cycle: seconds that a decision speaks for.
        """
        self._same_gates = [gate.key for gate in first.ruleset.gates] == [gate.key for gate in second.ruleset.gates]
        self._cycle = TimeDelta(seconds=cycle)
        self._latest: tuple[GateDifference, ...] = ()
        self._open: Difference | None = None
        self._closed: list[Difference] = []

    def compare(self, first: Decision, second: Decision) -> None:
        """Take in the next cycle."""
        now = self._gates(first, second)
        if now or first.state is second.state:
            self._latest = now
        states = (first.state, second.state)
        known = self._open
        if known is None or (known.first, known.second) != states:
            self._close()
            if first.state is not second.state:
                carried = bool(self._latest) and not now
                self._open = Difference(first.at, first.at + self._cycle, 1, *states, self._latest, carried)
            return
        gates, carried = (now, False) if now and known.carried else (known.gates or now, known.carried)
        until = first.at + self._cycle
        self._open = attrs.evolve(known, until=until, cycles=known.cycles + 1, gates=gates, carried=carried)

    def differences(self) -> tuple[Difference, ...]:
        """Every span of disagreement so far, oldest first."""
        return (*self._closed, *([self._open] if self._open is not None else []))

    def _close(self) -> None:
        if self._open is not None:
            self._closed.append(self._open)
            self._open = None

    def _gates(self, first: Decision, second: Decision) -> tuple[GateDifference, ...]:
        # Recovery margins count where Critical may be left, and nowhere else.
        margins = HealthState.CRITICAL in (first.before, second.before)
        pairs = zip(first.gates, second.gates, strict=True) if self._same_gates else _paired(first.gates, second.gates)
        return tuple(
            _difference(one, other, margins=margins)
            for one, other in pairs
            if _differ(one, other, margins=margins) and (one or other).level in JUDGING  # type: ignore[union-attr]
        )


def _paired(
    first: Iterable[GateResult], second: Iterable[GateResult]
) -> Iterator[tuple[GateResult | None, GateResult | None]]:
    ours, theirs = ({gate.key: gate for gate in gates} for gates in (first, second))
    return ((ours.get(key), theirs.get(key)) for key in sorted({*ours, *theirs}))


def _differ(first: GateResult | None, second: GateResult | None, *, margins: bool) -> bool:
    if first is not None and second is not None:
        return first.outcome is not second.outcome or (margins and first.near is not second.near)
    there = first or second
    assert there is not None
    # One that a ruleset lacks stands in nobody's way.
    absent = Outcome.FIRED if there.level is Level.HEALTHY else Outcome.CLEAR
    return there.outcome is not absent or (margins and there.near)


def _said(gate: GateResult | None, *, margins: bool) -> str:
    if gate is None:
        return "absent"
    return "near" if margins and gate.near and gate.outcome is Outcome.CLEAR else gate.outcome.value


def _difference(first: GateResult | None, second: GateResult | None, *, margins: bool) -> GateDifference:
    known = first or second
    assert known is not None
    return GateDifference(
        known.key,
        known.signal,
        known.value,
        _said(first, margins=margins),
        _said(second, margins=margins),
        first.threshold if first else None,
        second.threshold if second else None,
    )
