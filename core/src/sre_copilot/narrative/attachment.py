"""One kind of log line beside one firing of a gate."""

from __future__ import annotations

import attrs
from whenever import Instant


@attrs.frozen
class Attachment:
    """Lines of one kind rose shortly before a gate fired, or while it did."""

    pattern: str
    """Key of the pattern or template."""
    service: str
    """Who wrote the lines, or empty."""
    gate: str
    """Or the finding."""
    fired_at: Instant
    """When the gate was first seen to fire, without a pause since."""
    lag_seconds: float
    """From the rise to the firing; negative where the lines rose afterwards."""

    @property
    def rose_at(self) -> Instant:
        """When the lines rose."""
        return self.fired_at.subtract(seconds=self.lag_seconds)
