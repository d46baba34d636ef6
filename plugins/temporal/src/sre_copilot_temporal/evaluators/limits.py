"""Most pressure is one signal beyond one limit for a while; this says which, for how long, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot_hookspecs import Direction, Finding, Findings, Pressure, Reading, Signal, Threshold, Unit, Window

ENOUGH_TASKS = Threshold.everywhere(
    "temporal.enough_tasks", Unit.PER_SECOND, 1.0, source="of fewer tasks a share says little"
)
"""Tasks added, below which no share of them is pressure."""


@attrs.frozen
class Condition:
    """What else must hold in the newest reading, such as enough demand to speak of."""

    signal: Signal
    at_least: Threshold

    def holds(self, window: Window) -> bool:
        """Not what cannot be read."""
        value = window.latest.value(self.signal.key)
        return value is not None and value >= window.limit(self.at_least)


@attrs.frozen
class Limit:
    """An evaluator: one finding while a signal is at or beyond a limit in every one of the last readings."""

    key: str
    """Of the evaluator, of its finding and of its threshold."""
    pressure: Pressure
    service: str
    signal: Signal
    limit: float
    """In the signal's unit."""
    because: str
    """Where the limit comes from, or why it is this one."""
    says: str
    """With ``{value}``."""
    remedy: str
    direction: Direction = Direction.ABOVE
    readings: int = 2
    """How many in a row, without a gap: a single one may be chance."""
    when: tuple[Condition, ...] = ()
    threshold: Threshold = attrs.field(init=False)
    """The limit as the rules know it."""

    @threshold.default
    def _its_threshold(self) -> Threshold:
        return Threshold.everywhere(self.key, self.signal.unit, self.limit, source=self.because)

    @property
    def finds(self) -> tuple[str, ...]:
        """The one finding."""
        return (self.key,)

    @property
    def limits(self) -> Sequence[Threshold]:
        """Every number that it compares with."""
        return (self.threshold, *(condition.at_least for condition in self.when))

    def evaluate(self, window: Window) -> Findings:
        """The finding, or none."""
        last, limit = window.readings[-self.readings :], window.limit(self.threshold)
        values = [reading.value(self.signal.key) for reading in last]
        if len(last) < self.readings or not all(self._beyond(value, limit) for value in values):
            return Findings()
        if not all(condition.holds(window) for condition in self.when):
            return Findings()
        return Findings((self._finding(window.latest),))

    def _beyond(self, value: float | None, limit: float) -> bool:
        if value is None:
            return False
        return value >= limit if self.direction is Direction.ABOVE else value <= limit

    def _finding(self, reading: Reading) -> Finding:
        value = reading.value(self.signal.key)
        assert value is not None, "it was beyond the limit"
        others = tuple((each.signal.key, reading.value(each.signal.key) or 0.0) for each in self.when)
        evidence = ((self.signal.key, value), *others)
        return Finding(self.key, self.pressure, self.service, self.says.format(value=value), evidence, self.remedy)
