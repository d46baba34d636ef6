"""From one line of text to a :class:`LogLine`: JSON as Temporal writes it, or plain text with a time and a level."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from whenever import Instant

from sre_copilot_hookspecs.narrative import LogLine

LONGEST_LINE = 16 * 1024
"""Characters of a line that are looked at. What Temporal writes has a few hundred, a stack trace some thousand."""

LONGEST_ATTRIBUTE = 512
MOST_ATTRIBUTES = 40

MESSAGE_KEYS = ("msg", "message", "event", "log")
LEVEL_KEYS = ("level", "lvl", "severity", "levelname")
TIME_KEYS = ("time", "ts", "timestamp", "@timestamp")
SERVICE_KEYS = ("service", "service_name")
ERROR_KEYS = ("error", "err", "Error")

LEVELS = {
    "trace": "debug",
    "debug": "debug",
    "dbg": "debug",
    "info": "info",
    "information": "info",
    "notice": "info",
    "warn": "warn",
    "warning": "warn",
    "wrn": "warn",
    "err": "error",
    "error": "error",
    "fatal": "fatal",
    "critical": "fatal",
    "panic": "fatal",
    "dpanic": "fatal",
    "alert": "fatal",
    "emerg": "fatal",
    "emergency": "fatal",
}
"""Every spelling of a level that zap, slog, logging, syslog and Loki's own detection use, and ours for it."""

_TIME = re.compile(r"\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?\]?")
_LEVEL = re.compile(r"(?:level=|lvl=|\[|\b)\"?(" + "|".join(LEVELS) + r")\b", re.IGNORECASE)
_LEVEL_WITHIN = 120
"""Characters at the start of a plain line in which its level is looked for: later on it is part of the message."""


def log_line(text: str, *, at: Instant, service: str = "", level: str = "") -> LogLine:
    """What a line says. Nothing in it is trusted, and no text is refused.

    :param at: when it was written, for lines that do not say so themselves.
    :param service: who wrote it, for lines that do not say so themselves.
    :param level: its level, for lines that do not say so themselves.
    """
    text = text[:LONGEST_LINE]
    fields = _object(text)
    if fields is None:
        return _plain(text, at, service, level)
    said = _first(fields, MESSAGE_KEYS)
    error = _first(fields, ERROR_KEYS)
    return LogLine(
        at=_instant(fields) or at,
        service=(_first(fields, SERVICE_KEYS) or service).lower(),
        level=canonical_level(_first(fields, LEVEL_KEYS)) or canonical_level(level),
        message=f"{said}: {error}" if said and error else said or error or text,
        attributes=_attributes(fields),
    )


def canonical_level(word: str) -> str:
    """Debug, info, warn, error or fatal, in lower case, for any known spelling; empty for anything else."""
    return LEVELS.get(word.strip().lower(), "")


def instant_of(text: str) -> Instant | None:
    """The time that a line begins with, taken as UTC where it names no offset."""
    found = _TIME.match(text)
    if found is None:
        return None
    day, clock, fraction, offset = found.groups()
    if offset and offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return _parsed(f"{day}T{clock}{f'.{fraction}' if fraction else ''}{offset or 'Z'}")


def _object(text: str) -> Mapping[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        read = json.loads(text)
    # Nested deeper than the interpreter's stack is as foreign as no JSON at all.
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _plain(text: str, at: Instant, service: str, level: str) -> LogLine:
    found = _LEVEL.search(text[:_LEVEL_WITHIN])
    spoken = canonical_level(found.group(1)) if found else ""
    written = instant_of(text)
    said = _TIME.sub("", text, count=1) if written else text
    return LogLine(written or at, service.lower(), canonical_level(level) or spoken, said.strip())


def _first(fields: Mapping[str, object], keys: tuple[str, ...]) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _instant(fields: Mapping[str, object]) -> Instant | None:
    for key in TIME_KEYS:
        value = fields.get(key)
        if isinstance(value, str):
            return instant_of(value)
        # zap's default: seconds since the epoch, with a fraction.
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_epoch(float(value))
    return None


def _from_epoch(seconds: float) -> Instant | None:
    try:
        return Instant.from_timestamp(round(seconds * 1e9), unit="nanosecond")
    except (ValueError, OverflowError):
        return None


def _parsed(text: str) -> Instant | None:
    try:
        return Instant.parse_iso(text)
    except ValueError:
        return None


def _attributes(fields: Mapping[str, object]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, value in fields.items():
        if len(kept) == MOST_ATTRIBUTES:
            break
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        if key not in _READ:
            kept[key[:LONGEST_ATTRIBUTE]] = str(value)[:LONGEST_ATTRIBUTE]
    return kept


_READ = frozenset((*MESSAGE_KEYS, *LEVEL_KEYS, *TIME_KEYS, *SERVICE_KEYS))
