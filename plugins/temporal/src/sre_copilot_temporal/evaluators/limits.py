"""Most pressure is one signal beyond one limit for a while; this says which, for how long, and what to do."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs import Direction, Finding, Findings, Pressure, Reading, Signal, Window


@attrs.frozen
class Condition:
    """What else must hold in the newest reading, such as enough demand to speak of."""

    signal: Signal
    at_least: float

    def holds(self, reading: Reading) -> bool:
        """Not what cannot be read."""
        value = reading.value(self.signal.key)
        return value is not None and value >= self.at_least


@attrs.frozen
class Limit:
    """An evaluator: one finding while a signal is at or beyond a limit in every one of the last readings."""

    key: str
    """Of the evaluator and of its finding."""
    pressure: Pressure
    service: str
    signal: Signal
    limit: float
    """In the signal's unit; where it comes from is said beside it."""
    says: str
    """With ``{value}``."""
    remedy: str
    direction: Direction = Direction.ABOVE
    readings: int = 2
    """How many in a row, without a gap: a single one may be chance."""
    when: tuple[Condition, ...] = ()

    @property
    def finds(self) -> tuple[str, ...]:
        """The one finding."""
        return (self.key,)

    def evaluate(self, window: Window) -> Findings:
        """The finding, or none."""
        last = window.readings[-self.readings :]
        values = [reading.value(self.signal.key) for reading in last]
        if len(last) < self.readings or not all(self._beyond(value) for value in values):
            return Findings()
        if not all(condition.holds(window.latest) for condition in self.when):
            return Findings()
        return Findings((self._finding(window.latest),))

    def _beyond(self, value: float | None) -> bool:
        if value is None:
            return False
        return value >= self.limit if self.direction is Direction.ABOVE else value <= self.limit

    def _finding(self, reading: Reading) -> Finding:
        value = reading.value(self.signal.key)
        assert value is not None, "it was beyond the limit"
        others = tuple((each.signal.key, reading.value(each.signal.key) or 0.0) for each in self.when)
        evidence = ((self.signal.key, value), *others)
        return Finding(self.key, self.pressure, self.service, self.says.format(value=value), evidence, self.remedy)
