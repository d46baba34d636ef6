"""What targets of one role are asked for."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from sre_copilot_hookspecs import Dialect, Expr, Metric, Signal, Timer
from sre_copilot_hookspecs.wire import BUCKET, SYNTHETIC, can_have, names_of, parts_of, wire_name


@attrs.frozen
class Needs:
    """Which metrics, and which parts of them, targets of one role are asked for."""

    parts: frozenset[tuple[Metric, str]] = frozenset()
    """Metrics without conditions, each with a suffix."""
    longest: int = 0
    """Seconds of the longest window."""

    def with_signals(self, signals: Iterable[Signal], role: str) -> Needs:
        """These needs and those of more signals."""
        parts, longest = set(self.parts), self.longest
        for expression in _expressions(signals):
            longest = max(longest, getattr(expression, "window", 0))
            for metric in expression.metrics:
                if metric.name not in SYNTHETIC and can_have(metric, role):
                    bare = attrs.evolve(metric, matchers=())
                    parts.update((bare, part) for part in parts_of(expression))
        return Needs(frozenset(parts), longest)

    @property
    def metrics(self) -> frozenset[Metric]:
        """The metrics without their parts."""
        return frozenset(metric for metric, _ in self.parts)

    def names(self, dialect: Dialect) -> frozenset[str]:
        """What has to be parsed of a target that speaks this dialect."""
        return frozenset(name for metric, part in self.parts for name in names_of(dialect, metric, part))

    def candidates(self, dialects: Iterable[Dialect]) -> frozenset[str]:
        """What has to be looked at before the dialect is known: bucket bounds tell the unit of timers."""
        found: set[str] = set()
        for dialect in dialects:
            found |= self.names(dialect)
            timers = (metric for metric in self.metrics if isinstance(metric, Timer))
            found |= {wire_name(dialect, timer) + BUCKET for timer in timers}
        return frozenset(found)


def _expressions(signals: Iterable[Signal]) -> Iterable[Expr]:
    for signal in signals:
        for measure in (signal.measure, signal.floor.measure if signal.floor else None):
            if measure is not None:
                yield from measure.walk()
