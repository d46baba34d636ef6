"""Growth of counters over sliding windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from sre_copilot_exposition.matching import series_test
from sre_copilot_exposition.rate import Edition, Point, increase, within
from sre_copilot_exposition.reach import Reach, silent_role
from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.series import Series
from sre_copilot_exposition.view import LOOK_BACK, TargetView
from sre_copilot_hookspecs import Metric, Missing, MissingReason
from sre_copilot_hookspecs.wire import names_of, wire_name


@attrs.frozen
class Growth:
    """How much one series grew over a window."""

    series: Series
    amount: float
    at: int
    """Milliseconds of its newest sample."""


class Windows:
    """Growth of counters over windows that end at one instant; each computed once, however often asked."""

    def __init__(self, at: int, edition: Edition) -> None:
        self._at = at
        self._edition = edition
        self._known: dict[tuple[Series, int], Growth | None] = {}
        self._columns: dict[tuple[TargetView, str, int], tuple[Scrape, ...]] = {}

    def scrapes(self, view: TargetView, name: str, window: int) -> tuple[Scrape, ...]:
        """The successful scrapes in the window in which ``name`` was looked for."""
        key = view, name, window
        if key not in self._columns:
            start = self._at - window * 1000
            self._columns[key] = tuple(
                scrape
                for scrape in view.scrapes
                if scrape.up and name in scrape.wanted and within(scrape.at, start, self._at, self._edition)
            )
        return self._columns[key]

    def growth(self, view: TargetView, name: str, window: int) -> Iterator[Growth]:
        """Every series of that name with two samples in the window."""
        scrapes = self.scrapes(view, name, window)
        there: dict[Series, float] = {}
        for scrape in scrapes:
            there |= scrape.families.get(name, {})
        for series in there:
            key = series, window
            if key not in self._known:
                self._known[key] = self._grown(series, name, scrapes, window)
            found = self._known[key]
            if found is not None:
                yield found

    def told(self, view: TargetView, name: str, window: int) -> Iterator[Growth]:
        """The growth of every series of that name, whose values are rates already."""
        latest = view.latest
        for series, rate in latest.families.get(name, {}).items():
            at = latest.stamps.get(series, latest.at)
            if at > self._at - LOOK_BACK:
                yield Growth(series, rate * window, at)

    def is_ready(self, view: TargetView, name: str, window: int) -> bool:
        """Whether growth can be told: a rate needs two samples, unless it is told as such."""
        return view.dialect.aggregated or len(self.scrapes(view, name, window)) >= 2

    def frozen(self, view: TargetView) -> bool:
        """Whether the rates that a target tells are too old to speak of now."""
        return view.dialect.aggregated and view.frozen(self._at)

    def _grown(self, series: Series, name: str, scrapes: tuple[Scrape, ...], window: int) -> Growth | None:
        start = self._at - window * 1000
        points: list[Point] = []
        for scrape in scrapes:
            value = scrape.families.get(name, {}).get(series)
            if value is None:
                continue
            at = scrape.stamps.get(series, scrape.at)
            # Out of order is dropped, as by Prometheus; only samples with a time of their own can be.
            if within(at, start, self._at, self._edition) and (not points or at > points[-1][0]):
                points.append((at, value))
        amount = increase(points, start, self._at, self._edition)
        return None if amount is None else Growth(series, amount, points[-1][0])


def growth_of(
    metric: Metric, part: str, reach: Reach, window: int, windows: Windows
) -> Iterable[tuple[TargetView, Growth]]:
    """The growth of every series that meets the metric's conditions."""
    for view in reach.views:
        test = series_test(metric, view.dialect)
        grown = windows.told if view.dialect.aggregated else windows.growth
        for growth in grown(view, wire_name(view.dialect, metric) + part, window):
            if test(growth.series.labels):
                yield view, growth


def observed(reach: Reach, metric: Metric, part: str, window: int, windows: Windows) -> Reach | Missing:
    """The targets with enough scrapes in the window for a rate."""
    fresh = tuple(view for view in reach.views if not windows.frozen(view))
    if not fresh:
        return Missing(MissingReason.STALE, f"All samples of {reach.views[0].target.url} are over 5 minutes old.")
    named = [(view, names_of(view.dialect, metric, part)[0]) for view in fresh]
    ready = tuple(view for view, name in named if windows.is_ready(view, name, window))
    if len(ready) == len(reach.views):
        return reach
    fewest = min((len(windows.scrapes(view, name, window)) for view, name in named if view not in ready), default=0)
    why = Missing(
        MissingReason.WARMING_UP,
        f"A rate over {window} s needs two scrapes; there {'was' if fewest == 1 else 'were'} {fewest}.",
    )
    if not ready:
        return why
    note = f"{len(reach.views) - len(ready)} of {len(reach.views)} targets warming up"
    blind = reach.blind or (why if silent_role(reach.views, ready) else None)
    return Reach(ready, (*reach.notes, note), blind)
