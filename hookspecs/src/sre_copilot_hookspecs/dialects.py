"""How logical metrics are spelt on the wire."""

from __future__ import annotations

import enum

import attrs


class Emitter(enum.Enum):
    """Whose spelling a dialect describes."""

    SERVER = "server"
    SDK = "sdk"


@attrs.frozen
class LabelSpelling:
    """How a label is called on the wire."""

    logical: str
    wire: str
    lower_case: bool = False
    """Its values are in lower case there: ``workflow`` for the logical ``Workflow``."""


@attrs.frozen
class Dialect:
    """One way of spelling metrics. ``{name}`` stands for the logical name.

    Which dialect a process speaks is found out from the names it offers; where two fit and differ only in
    the unit of timers, from the first bucket bound.
    """

    key: str
    emitter: Emitter
    describes: str
    """Which servers or SDK options produce it."""
    counter: str = "{name}"
    gauge: str = "{name}"
    timer: str = "{name}"
    """Without ``_bucket``, ``_sum``, ``_count``."""
    timer_scale: float = 1.0
    """Seconds for one unit on the wire: 0.001 for milliseconds."""
    count_histogram: str = "{name}"
    byte_histogram: str = "{name}"
    first_timer_bound: float | None = None
    """The lowest bucket bound of a timer on the wire, where it tells the unit: 0.001 s of a server's timers."""
    raw_label_values: bool = False
    """Label values keep their punctuation (``serviceerror.NotFound``) instead of ``serviceerror_NotFound``."""
    renames: tuple[tuple[str, str], ...] = ()
    """Pairs of logical and wire name where the patterns above do not hold."""
    aggregated: bool = False
    """Counters come as gauges that hold a per-second rate, already computed over the last minute."""
    told_quantiles: tuple[tuple[float, str], ...] = ()
    """Pairs of quantile and suffix, where timers come as gauges of quantiles instead of buckets."""
    only_renamed: bool = False
    """No metric exists but those in ``renames``."""
    labels: tuple[LabelSpelling, ...] = ()
    """Every label there is, where they are called differently; empty where all keep their logical names."""
    implied_labels: tuple[tuple[str, str], ...] = ()
    """Labels that all series would have, if they were told: pairs of label and value. Only with ``labels``."""
    lag: float = 0.0
    """Seconds that samples are behind the scrape that brings them."""
