"""What is known of the processes of a role: the dialect that they speak, and what they offer."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from sre_copilot_hookspecs import Dialect, Metric
from sre_copilot_hookspecs.detection import is_foreign
from sre_copilot_hookspecs.wire import is_offered, scale, scaled, wire_name


@attrs.frozen
class Detected:
    """A dialect, and how sure it is."""

    dialect: Dialect
    names: frozenset[str] = frozenset()
    """What the role offers; empty while that is not known."""
    matched: int = 0
    """Metrics asked for that are offered."""
    asked: int = 0
    certain: bool = True
    """Whether another look may come to another result only after a change."""
    ladders: Mapping[str, tuple[float, ...]] = attrs.field(factory=dict)
    """Bucket bounds as they are on the wire, by the name of their family."""

    @property
    def foreign(self) -> bool:
        """Whether the processes are something else altogether."""
        return bool(self.names) and is_foreign(self.matched, self.asked)

    def offers(self, metric: Metric) -> bool:
        """Whether a family is there; true while that is not known."""
        return not self.names or is_offered(self.dialect, metric, self.names)

    def bounds(self, metric: Metric) -> tuple[float, ...]:
        """The bucket bounds of a metric in its base unit, as far as they are known."""
        found = self.ladders.get(wire_name(self.dialect, metric), ())
        return tuple(scaled(bound, scale(self.dialect, metric)) for bound in found)
