"""Windows as Prometheus writes them: ``30s``, ``1m``, ``1h30m``."""

from __future__ import annotations

import re

from sre_copilot_hookspecs.errors import DeclarationError

_UNITS = {"h": 3600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def seconds_of(text: str) -> int:
    """The length of a window in seconds.

    :raises DeclarationError: if ``text`` is not a positive duration in hours, minutes and seconds.
    """
    found = _WHOLE.fullmatch(text)
    total = (
        sum(int(part) * _UNITS[unit] for part, unit in zip(found.groups(), "hms", strict=True) if part) if found else 0
    )
    if total <= 0:
        raise DeclarationError(f"{text!r} is not a window; write it like 30s, 5m or 1h30m")
    return total


def duration_of(seconds: int) -> str:
    """The shortest spelling of a window of that many seconds, such as ``1m30s``."""
    if seconds <= 0:
        raise DeclarationError(f"a window of {seconds} seconds does not exist")
    parts = []
    for unit, length in _UNITS.items():
        amount, seconds = divmod(seconds, length)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts)
