"""Windows as Prometheus writes them, ``30s``, ``1m``, ``1h30m``, and durations as Go writes them."""

from __future__ import annotations

import math
import re

from sre_copilot_hookspecs.errors import DeclarationError

_UNITS = {"h": 3600, "m": 60, "s": 1}
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
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


def go_seconds_of(text: str) -> float:
    """The length in seconds of a duration as Go's ``time.ParseDuration`` reads it, without a sign.

    :raises DeclarationError: if it is none; a number without a unit is none, except ``0``.
    """
    if text == "0":
        return 0.0
    parts = _GO_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise DeclarationError(f"{text!r} is not a duration; write it with its unit, like 30s, 5m or 1h30m")
    return math.fsum(float(number) * _GO_UNITS[unit] for number, unit in parts)
