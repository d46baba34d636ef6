"""What is remembered of templates from one window to the next: a few kilobytes of redacted text."""

from __future__ import annotations

import attrs
from whenever import Instant

MOST_REMEMBERED = 32
LONGEST_REMEMBERED = 160
"""Characters of a remembered template. With 32 of them the memory stays below 12 kB as JSON, 3 kB compressed."""


@attrs.frozen
class RememberedTemplate:
    """A template that was seen before."""

    key: str
    template: str
    """Its first words."""
    tokens: int
    """How many words it has in all."""
    mean: float
    """Lines in a window, a moving mean over the windows since it was first seen."""
    last_at: Instant
    """End of the last window with such a line."""
    new_until: Instant | None = None
    """Until when it is reported as new; ``None`` where that is over."""


@attrs.frozen
class MinerMemory:
    """Every template worth remembering, by key."""

    templates: tuple[RememberedTemplate, ...] = ()
