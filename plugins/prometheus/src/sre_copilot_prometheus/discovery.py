"""Asking Prometheus what the processes of a role offer, now and then."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sre_copilot_hookspecs import Dialect, Distribution, Metric
from sre_copilot_hookspecs.detection import best_fit, rivals, timers_of
from sre_copilot_hookspecs.wire import BUCKET, wire_name
from sre_copilot_prometheus.client import PrometheusClient
from sre_copilot_prometheus.dialect import Detected
from sre_copilot_prometheus.failures import Blame, QueryFailed
from sre_copilot_prometheus.vocabulary import literal

KEPT = 600.0
"""Seconds for which a finding holds: names change when software does."""
KEPT_WHILE_UNSURE = 10.0
"""Seconds after which a role that offers nothing yet, or nothing that tells the unit, is looked at again."""
_MOST_TIMERS = 20  # that are looked at for their unit
Ladders = Mapping[str, tuple[float, ...]]
"""Positive, finite bucket bounds of families, ascending, as they are on the wire."""


class Discovery:
    """The dialect of one role, looked up anew when it is old or more metrics are asked for."""

    def __init__(self, conditions: str, dialects: Sequence[Dialect], chosen: Dialect | None) -> None:
        self._conditions = conditions
        self._dialects = dialects
        self._chosen = chosen
        self._metrics: frozenset[Metric] = frozenset()
        self._found = Detected(chosen or dialects[0], certain=False)
        self._until = -math.inf

    @property
    def found(self) -> Detected:
        """What is known."""
        return self._found

    @property
    def chosen(self) -> bool:
        """Whether the settings name the dialect."""
        return self._chosen is not None

    async def refresh(self, client: PrometheusClient, metrics: frozenset[Metric]) -> None:
        """Look again, if it is time.

        :raises QueryFailed: if the server answers nothing at all. What was known stays.
        """
        new = metrics - self._metrics
        if not new and time.monotonic() < self._until:
            return
        self._metrics |= metrics
        try:
            self._found = await self._detected(client)
        except QueryFailed as failure:
            self._until = time.monotonic() + KEPT_WHILE_UNSURE
            if failure.blame is Blame.SERVER:
                raise
            return
        self._until = time.monotonic() + (KEPT if self._found.certain else KEPT_WHILE_UNSURE)

    async def _detected(self, client: PrometheusClient) -> Detected:
        names = await self._names(client)
        asked = len(self._metrics)
        choices = self._dialects if self._chosen is None else [self._chosen]
        best, matched = rivals(choices, self._metrics, names)
        timers = timers_of(best, self._metrics, names)[:_MOST_TIMERS] if len(best) > 1 else []
        bounds = {name: ladder[0] for name, ladder in (await self._ladders(client, timers)).items()}
        certain = matched > 0 and (len(best) == 1 or bool(bounds))
        dialect = best_fit(best, self._metrics, bounds)
        ladders = await self._all_ladders(client, dialect, names)
        return Detected(dialect, names, matched, asked, certain, ladders)

    async def _names(self, client: PrometheusClient) -> frozenset[str]:
        try:
            return await client.label_values("__name__", f"{{{self._conditions}}}")
        except QueryFailed as failure:
            if failure.blame is Blame.SERVER:
                raise
            # Not every server restricts names to some series; all names tell the dialect nearly as well.
            return await client.label_values("__name__")

    async def _all_ladders(self, client: PrometheusClient, dialect: Dialect, names: frozenset[str]) -> Ladders:
        families = {wire_name(dialect, each) for each in self._metrics if isinstance(each, Distribution)}
        try:
            return await self._ladders(client, sorted(name for name in families if name + BUCKET in names))
        except QueryFailed:
            # They only tell how sure a quantile is; values do not wait for that.
            return {}

    async def _ladders(self, client: PrometheusClient, names: Sequence[str]) -> Ladders:
        if not names:
            return {}
        pattern = "|".join(literal(name + BUCKET) for name in names).replace("\\", "\\\\")
        answer = await client.query(f'group by (__name__, le) ({{__name__=~"{pattern}",{self._conditions}}})')
        found: defaultdict[str, set[float]] = defaultdict(set)
        for series in answer.series:
            name = series.labels.get("__name__", "").removesuffix(BUCKET)
            try:
                bound = float(series.labels.get("le", ""))
            except ValueError:
                continue
            if bound > 0 and math.isfinite(bound):
                found[name].add(bound)
        return {name: tuple(sorted(ladder)) for name, ladder in found.items()}
