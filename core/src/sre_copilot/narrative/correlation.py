"""Which kinds of log lines rose when a gate fired. It orders evidence and decides nothing."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs
from whenever import Instant

from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.summary import PatternCount
from sre_copilot_hookspecs import Severity

WITHIN_SECONDS = 90.0
"""How long before a gate's firing a pattern may rise: rates need a minute to show what a log says at once."""

AFTERWARDS_SECONDS = 10.0
"""How long after the end of a firing a declared pattern may rise: a server that stood still writes down what it went
through as it goes on, which can be some seconds after it has begun to answer."""

QUIET_WINDOWS = 2
"""Windows without a line after which the next one is a rise."""

GROWTH = 3.0
"""A kind of line that never stops has risen when it is this many times the mean of the windows before."""

_SEVERITIES = (Severity.SEVERE, Severity.WARNING, Severity.NOTICE)


@attrs.frozen
class PatternWindow:
    """What one window of the log came to, whether or not there was anything."""

    since: Instant
    until: Instant
    patterns: tuple[PatternCount, ...] = ()


@attrs.frozen
class Firing:
    """A gate that fires, or did; or a finding, with each signal that it rests on."""

    gate: str
    signal: str
    since: Instant
    """When it was first seen to fire, without a pause since."""
    until: Instant | None = None
    """When it was first seen to fire no more; ``None`` while it does."""


@attrs.frozen
class Correlated:
    """One kind of line over several windows, and the gates it accompanies."""

    pattern: PatternCount
    """The newest one; its count and its instants are those of all windows."""
    gates: tuple[str, ...] = ()
    """In the order in which they fired."""
    lag_seconds: float | None = None
    """From its rise to the firing of the first of these gates; negative where it rose afterwards."""
    attached: tuple[Attachment, ...] = ()
    """The firings of these gates, each with its own lag."""


def correlate(
    windows: Sequence[PatternWindow],
    firings: Sequence[Firing],
    *,
    known: Collection[Attachment] = (),
    goes_on: bool = False,
    within_seconds: float = WITHIN_SECONDS,
) -> tuple[Correlated, ...]:
    """Attach each kind of line to the gates that fired when it rose.

    A declared pattern is attached to gates on signals that it supports, and to no other: a line that always comes
    along when something stops explains nothing. A new template speaks of who knows what, so its time is all there is.

    :param windows: of the last minutes, in any order, those without a line included.
    :param firings: those of the last minutes, also where they are over.
    :param known: what was attached before. It stays as it was, however long ago its rise is.
    :param goes_on: whether there were windows before these, so that lines in the first may be no rise.
    :param within_seconds: a rise counts from so long before a firing until it ends, or shortly after.
    :return: attached ones first, then by severity and count. Equal inputs give equal results.
    """
    ordered = sorted(windows, key=lambda window: (window.since, window.until))
    fired = sorted(firings, key=lambda firing: (firing.since, firing.gate))
    kinds = dict.fromkeys((row.key, row.service) for window in ordered for row in window.patterns)
    made = []
    for kind in kinds:
        series = _series(kind, ordered)
        pattern = _whole(series)
        before = [one for one in known if (one.pattern, one.service) == kind]
        attached = _attached(pattern, rises(series, goes_on=goes_on), fired, before, within_seconds)
        made.append(beside(pattern, attached))
    return tuple(
        sorted(
            made,
            key=lambda found: (
                not found.gates,
                _SEVERITIES.index(found.pattern.severity),
                -found.pattern.count,
                found.pattern.key,
                found.pattern.service,
            ),
        )
    )


def rises(series: Sequence[PatternCount | None], *, goes_on: bool = False) -> tuple[Instant, ...]:
    """When lines of one kind began, or became many more, in windows that follow each other.

    :param series: one for each window, ``None`` where there was no such line.
    :param goes_on: whether there were windows before the first one. What is in the first ones may then have been
        there all the time, and is no rise.
    """
    found: list[Instant] = []
    for at, row in enumerate(series):
        if row is None or row.count <= 0 or (goes_on and at < QUIET_WINDOWS):
            continue
        before = [0 if earlier is None else earlier.count for earlier in series[:at]]
        quiet = not any(before[-QUIET_WINDOWS:])
        if quiet or row.count >= GROWTH * max(1.0, math.fsum(before) / len(before)):
            found.append(row.first_at)
    return tuple(found)


def _series(kind: tuple[str, str], windows: Sequence[PatternWindow]) -> list[PatternCount | None]:
    by_window: list[Mapping[tuple[str, str], PatternCount]] = [
        {(row.key, row.service): row for row in window.patterns} for window in windows
    ]
    return [rows.get(kind) for rows in by_window]


def beside(pattern: PatternCount, attached: Sequence[Attachment]) -> Correlated:
    """A kind of line with its gates, in the order in which they are given."""
    gates = tuple(dict.fromkeys(one.gate for one in attached))
    return Correlated(pattern, gates, attached[0].lag_seconds if attached else None, tuple(attached))


def _whole(series: Sequence[PatternCount | None]) -> PatternCount:
    rows = [row for row in series if row is not None]
    return attrs.evolve(
        rows[-1],
        count=sum(row.count for row in rows),
        first_at=min(row.first_at for row in rows),
        last_at=max(row.last_at for row in rows),
    )


def _attached(
    pattern: PatternCount,
    risen: Sequence[Instant],
    firings: Iterable[Firing],
    known: Collection[Attachment],
    within: float,
) -> tuple[Attachment, ...]:
    lags = {(one.gate, one.fired_at): one.lag_seconds for one in known}
    found: dict[tuple[str, Instant], Attachment] = {}
    for firing in firings:
        if not (pattern.new or firing.signal in pattern.supports):
            continue
        key = (firing.gate, firing.since)
        # Of a new template only its time is known, so that has to be right.
        lag = lags.get(key, _lag(risen, firing, within, afterwards=0.0 if pattern.new else AFTERWARDS_SECONDS))
        if lag is not None:
            found.setdefault(key, Attachment(pattern.key, pattern.service, firing.gate, firing.since, lag))
    return tuple(found.values())


def _lag(risen: Sequence[Instant], firing: Firing, within: float, *, afterwards: float) -> float | None:
    end = None if firing.until is None else firing.until.add(seconds=afterwards)
    lags = [(firing.since - rise).total("seconds") for rise in risen if end is None or rise < end]
    # The earliest rise that counts: what came later is the same trouble going on.
    return max((round(seconds, 3) for seconds in lags if seconds <= within), default=None)
