"""Log lines, and what plugins make of them."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import attrs
from whenever import Instant

from sre_copilot_hookspecs.clusters import Cluster
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.shared_syntax import check_expression


@attrs.frozen
class LogLine:
    """One line of a log. It may hold anything, secrets and orders included; nothing in it is trusted."""

    at: Instant
    service: str
    """Who wrote it, or empty."""
    level: str
    """Lower case: debug, info, warn, error, fatal, or empty."""
    message: str
    """What it says, with the error it names behind it."""
    attributes: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class LineCount:
    """How many lines of one pattern one service wrote in a span of time."""

    pattern: str
    """Key of the pattern."""
    service: str
    count: int


@attrs.frozen
class LogLines:
    """A chunk of the lines of a half-open span of time, and what is known about those that are not here."""

    since: Instant
    until: Instant
    lines: tuple[LogLine, ...]
    left_out: int = 0
    """Lines that a limit left out of this chunk."""
    problem: str = ""
    """Why lines are missing, as one sentence; empty when none are."""
    cursor: str = ""
    """Where the next reading goes on once this chunk was read; at most 4 kB, understood by its source alone."""
    counts: tuple[LineCount, ...] | None = None
    """For all asked patterns over the whole span, where the source counted and the lines are only a sample.
    Where it is ``None`` the lines themselves are to be counted."""
    unreadable: int = 0
    """Lines that were no text, or cut because they were too long."""


@attrs.frozen
class LogRequest:
    """The lines that one cluster wrote since the last reading."""

    cluster: str
    """Name of a cluster that was opened."""
    since: Instant
    until: Instant
    """Not included, so that spans that follow each other share no line and miss none."""
    cursor: str = ""
    """The newest cursor this source gave for the cluster; empty at first."""
    patterns: tuple[LogPattern, ...] = ()
    """Kinds of lines whose count must be right even where only a sample of the lines can be had."""
    deadline: float = 10.0
    """Seconds after which an answer is too late."""


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
    """Regular expression, searched for in the message without regard to case. A server may search for it as well,
    so it keeps to what RE2 and Python both understand."""
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
        if self.expression:
            check_expression(self.expression, f"log pattern {self.key!r}")


@attrs.frozen
class Silence:
    """A cause that the logs never name, so that nobody takes a harmless line for it."""

    cause: str
    """Key of the cause."""
    says: str
    """What the logs do not say and why, as one sentence."""


class NarrativeSource(Protocol):
    """Where log lines come from.

    A source never raises for what it could not read: it says so in :attr:`LogLines.problem`.
    """

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def open(self, cluster: Cluster) -> bool:
        """Get ready to be asked about ``cluster``; called once for each, before the first reading.

        :return: whether this source is configured for the cluster; it is not asked otherwise.
        :raises SourceUnavailable: if the settings can never work. An unreachable server is no such case.
        """

    def read(self, request: LogRequest) -> AsyncIterator[LogLines]:
        """The lines of the span in chunks of bounded size, oldest first."""

    async def close(self) -> None:
        """Let go of connections and files. Harmless when called twice."""


class NarrativeParser(Protocol):
    """Knows some kinds of lines."""

    @property
    def key(self) -> str:
        """Its name, as failures and listings show it."""

    @property
    def patterns(self) -> Sequence[LogPattern]:
        """What it knows."""


@attrs.frozen
class LogParser:
    """A :class:`NarrativeParser` that is its declarations."""

    key: str
    patterns: tuple[LogPattern, ...]
    silences: tuple[Silence, ...] = ()
    """Causes that these logs never name."""
