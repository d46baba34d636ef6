"""Log lines, and what plugins make of them."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import attrs
from whenever import Instant

from sre_copilot_hookspecs.errors import DeclarationError


@attrs.frozen
class LogLine:
    """One line of a log. It may hold anything, secrets and orders included; nothing in it is trusted."""

    at: Instant
    service: str
    """Who wrote it, or empty."""
    level: str
    """Lower case: debug, info, warn, error, fatal, or empty."""
    message: str
    attributes: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class LogLines:
    """The lines of a half-open span of time, and what is known about those that are not here."""

    since: Instant
    until: Instant
    lines: tuple[LogLine, ...]
    left_out: int = 0
    """Lines that a limit left out."""
    problem: str = ""
    """Why lines are missing, as one sentence; empty when none are."""


class Severity(enum.Enum):
    """How much a log pattern matters."""

    NOTICE = "notice"
    WARNING = "warning"
    SEVERE = "severe"
    """Starts an assessment by itself."""


@attrs.frozen
class LogPattern:
    """A repeated kind of line, with its meaning and remedy."""

    key: str
    contains: str = ""
    """Case-insensitive part of the message. Exactly one of this and ``expression`` is given."""
    expression: str = ""
    """Regular expression (RE2 syntax) searched for in the message."""
    services: tuple[str, ...] = ()
    """Who may write it; empty for anyone."""
    means: str = ""
    remedy: str = ""
    severity: Severity = Severity.NOTICE
    supports: tuple[str, ...] = ()
    """Signals whose gates this pattern explains."""

    def __attrs_post_init__(self) -> None:
        if bool(self.contains) == bool(self.expression):
            raise DeclarationError(f"log pattern {self.key!r} needs either contains or expression")


class NarrativeSource(Protocol):
    """Where log lines come from."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    def lines(self, since: Instant, until: Instant) -> AsyncIterator[LogLines]:
        """The lines from ``since`` up to but not including ``until``, in chunks, oldest first."""


class NarrativeParser(Protocol):
    """Knows some kinds of lines."""

    @property
    def key(self) -> str:
        """Its name, as failures and listings show it."""

    @property
    def patterns(self) -> Sequence[LogPattern]:
        """What it knows."""
