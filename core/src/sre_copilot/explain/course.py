"""How a situation came about: the states of the last minutes, and where signals are going."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import attrs
from whenever import Instant

from sre_copilot.explain.phrases import joined, lasting, listed
from sre_copilot.health.decision import TrendDirection
from sre_copilot_hookspecs import Paragraph

MOST_SIGNALS = 3


@attrs.frozen
class Past:
    """The state that one decision found."""

    at: Instant
    state: str


def course(past: Sequence[Past], trends: Mapping[str, str], now: Instant) -> Paragraph | None:
    """The paragraph, or ``None`` where there is nothing to tell.

    :param past: states of the last minutes, oldest first.
    :param trends: directions by signal.
    :param now: until when the last state is counted.
    """
    runs = [(state, [entry.at for entry in group]) for state, group in groupby(past, key=lambda entry: entry.state)]
    ends = [*(times[0] for _, times in runs[1:]), now]
    lengths = [
        f"{state} for {lasting(times[0], end)}" if end > times[0] else f"{state} now"
        for (state, times), end in zip(runs, ends, strict=True)
    ]
    worse = [signal for signal, direction in sorted(trends.items()) if direction == TrendDirection.WORSENING.value]
    text = joined(
        (
            f"Lately: {', then '.join(lengths)}." if lengths else "",
            f"Getting worse: {listed(worse[:MOST_SIGNALS])}." if worse else "",
        )
    )
    return Paragraph("course", "How it came about", text, tuple(worse[:MOST_SIGNALS])) if text else None
