"""Which kinds of log lines rose when a gate fired. It orders evidence and decides nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import attrs
from whenever import Instant

from sre_copilot.narrative.summary import PatternCount
from sre_copilot_hookspecs import Severity

WITHIN_SECONDS = 90.0
"""How long before a gate's firing a pattern may rise: rates need a minute to show what a log says at once."""

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
    """A gate that fires, or did."""

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


def correlate(
    windows: Sequence[PatternWindow], firings: Sequence[Firing], *, within_seconds: float = WITHIN_SECONDS
) -> tuple[Correlated, ...]:
    """Attach each kind of line to the gates that fired when it rose.

    A declared pattern is attached to gates on signals that it supports, and to no other: a line that always comes
    along when something stops explains nothing. A new template speaks of who knows what, so its time is all there is.

    :param windows: of the last minutes, in any order, those without a line included.
    :param firings: those of the last minutes, also where they are over.
    :param within_seconds: a rise counts from so long before a firing until it ends.
    :return: attached ones first, then by severity and count. Equal inputs give equal results.
    """
    ordered = sorted(windows, key=lambda window: (window.since, window.until))
    fired = sorted(firings, key=lambda firing: (firing.since, firing.gate))
    kinds = dict.fromkeys((row.key, row.service) for window in ordered for row in window.patterns)
    made = [_correlated(_series(kind, ordered), fired, within_seconds) for kind in kinds]
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


def rises(series: Sequence[PatternCount | None]) -> tuple[Instant, ...]:
    """When lines of one kind began, or became many more, in windows that follow each other.

    :param series: one for each window, ``None`` where there was no such line.
    """
    found: list[Instant] = []
    for at, row in enumerate(series):
        if row is None or row.count <= 0:
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


def _correlated(series: Sequence[PatternCount | None], firings: Iterable[Firing], within: float) -> Correlated:
    rows = [row for row in series if row is not None]
    pattern = attrs.evolve(
        rows[-1],
        count=sum(row.count for row in rows),
        first_at=min(row.first_at for row in rows),
        last_at=max(row.last_at for row in rows),
    )
    risen = rises(series)
    gates: list[str] = []
    lag: float | None = None
    for firing in firings:
        if not (pattern.new or firing.signal in pattern.supports):
            continue
        # A server that stood still writes down what it went through once it goes on.
        during = (rise for rise in risen if firing.until is None or rise < firing.until)
        lags = [(firing.since - rise).total("seconds") for rise in during]
        lags = [seconds for seconds in lags if seconds <= within]
        if not lags:
            continue
        gates.append(firing.gate)
        # The earliest rise that counts: what came later is the same trouble going on.
        lag = max(lags) if lag is None else lag
    return Correlated(pattern, tuple(dict.fromkeys(gates)), None if lag is None else round(lag, 3))
