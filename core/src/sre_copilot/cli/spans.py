"""Points in time as a person gives them to a command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whenever import Instant

NOW = "now"
EXAMPLES = "neither now, nor a span such as 30m, 6h or 7d nor an instant such as 2026-03-01T12:00:00Z"


def instant_of(text: str, option: str) -> Instant:
    """The instant that a text names, or that lies the named span before now.

    :param option: as the user wrote it, for the refusal.
    :raises CopilotError: if it is neither.
    """
    from whenever import Instant, TimeDelta

    from sre_copilot_hookspecs import CopilotError

    if text == NOW:
        return Instant.now()
    try:
        return Instant.parse_iso(text)
    except ValueError:
        pass
    try:
        return Instant.now() - TimeDelta(seconds=seconds_of_span(text))
    except (CopilotError, ValueError, OverflowError) as error:
        raise CopilotError(f"{option} {text!r} is {EXAMPLES}") from error


def seconds_of_span(span: str) -> int:
    """The seconds of a span such as ``30m`` or ``7d12h``.

    :raises CopilotError: if it is none.
    """
    from sre_copilot_hookspecs.durations import seconds_of

    found = re.fullmatch(r"(?:(\d{1,6})d)?(.*)", span, re.DOTALL)
    assert found is not None
    days, rest = found.groups()
    if days is None:
        return seconds_of(rest)
    return int(days) * 86400 + (seconds_of(rest) if rest else 0)
