"""The observer: one observation of one cluster, in time, whatever plugins do."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from whenever import Instant

from sre_copilot.health.declarations import Declared
from sre_copilot.health.lookback import LENGTH, NO_LIMITS
from sre_copilot.health.observation import Observation, Problem
from sre_copilot.observe.asking import Asked
from sre_copilot.observe.evaluating import evaluate
from sre_copilot.observe.reading import read
from sre_copilot.observe.windows import fit
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings
from sre_copilot_hookspecs import Cluster, Reading, SettingsError, Signal, SignalSource, Spelling, Window
from sre_copilot_hookspecs.nearest import did_you_mean

EVALUATORS_AT_MOST = 2.0
"""Seconds that evaluators get."""

EVALUATORS_SHARE = 0.25
"""Share of a cycle's time that is kept for evaluators where it is short."""

OPENING = 10.0
"""Seconds that :meth:`Observer.open` waits for sources; opening goes on behind it."""

SPELLING = 5.0
"""Seconds that a source gets to tell how its targets spell metrics."""

CLOSING = 2.0
"""Seconds that sources get to close."""


@attrs.frozen
class _Watched:
    """What is kept of one cluster between cycles."""

    sources: tuple[Asked, ...]
    signals: tuple[Signal, ...]
    readings: deque[Reading]


class Observer:
    """Reads clusters through the sources of all plugins.

    The last readings stay in this process, because evaluators compare with them; after a restart they see a
    short window. Nothing here can help against a source that blocks the event loop.
    """

    def __init__(self, manager: Manager, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is opened yet.

        :param clock: seconds that only grow; measures how long an observation takes.
        """
        self._manager = manager
        self._settings = settings
        self._clock = clock
        self._sources: tuple[Declared[SignalSource], ...] | None = None
        self._watched: dict[str, _Watched] = {}

    async def open(self, cluster: str) -> tuple[Problem, ...]:
        """Open the sources of a cluster, which observing does too. Tells what is wrong with the settings.

        :raises SettingsError: if there is no such cluster, or its ``sources`` name one that no plugin offers.
        """
        watched = self._watch(cluster)
        opened = await asyncio.gather(*(source.open(OPENING) for source in watched.sources))
        return tuple(problem for problem in opened if problem is not None)

    async def observe(
        self, cluster: str, at: Instant, *, deadline: float, limits: Mapping[str, float] = NO_LIMITS
    ) -> Observation:
        """Everything that can be found out about a cluster within ``deadline`` seconds.

        :param limits: what evaluators compare with, by threshold key; what they declare where nothing is said.
        :raises SettingsError: as :meth:`open` does; plugins' failures are in the observation instead.
        """
        began = self._clock()
        watched = self._watch(cluster)
        for_evaluators = min(EVALUATORS_AT_MOST, deadline * EVALUATORS_SHARE)
        found = await read(watched.sources, watched.signals, at, deadline - for_evaluators)
        reading = Reading(at, cluster, found.samples)
        watched.readings.append(reading)
        left = max(for_evaluators / 2, deadline - (self._clock() - began))
        evaluated = await evaluate(
            self._manager, Window(tuple(watched.readings), limits), found.samples.keys(), min(EVALUATORS_AT_MOST, left)
        )
        return Observation(
            reading,
            evaluated.findings,
            (*self._hook_failures(), *found.problems, *evaluated.problems),
            self._clock() - began,
            found.answered,
        )

    async def spellings(self, cluster: str, key: str) -> tuple[Spelling, ...]:
        """How the targets of a cluster spell what a signal is measured by, as far as sources can tell."""
        watched = self._watch(cluster)
        measures = [signal.measure for signal in watched.signals if signal.key == key and signal.measure is not None]
        asked = (source.spellings(measure, SPELLING) for measure in measures for source in watched.sources)
        return tuple(one for found in await asyncio.gather(*asked) for one in found)

    async def close(self) -> None:
        """Close every source. Harmless when called twice."""
        watched, self._watched = list(self._watched.values()), {}
        await asyncio.gather(*(source.close(CLOSING) for one in watched for source in one.sources))

    def _hook_failures(self) -> tuple[Problem, ...]:
        """Plugins that could not even offer their sources are as absent as sources that do not answer."""
        return tuple(
            Problem(failure.plugin, failure.hook, failure.says)
            for failure in self._manager.failures
            if failure.hook == "copilot_signal_sources"
        )

    def _watch(self, name: str) -> _Watched:
        if name not in self._watched:
            cluster = self._settings.cluster(name)
            declared = self._manager.collect("copilot_signals")
            self._watched[name] = _Watched(
                tuple(Asked(source.plugin, source.value, cluster) for source in self._preferred(cluster)),
                fit([signal.value for signal in declared], cluster.cycle),
                deque(maxlen=LENGTH),
            )
        return self._watched[name]

    def _preferred(self, cluster: Cluster) -> list[Declared[SignalSource]]:
        """The sources of a cluster, best first.

        ``clusters.NAME.sources`` chooses among those that read expressions. One that only probes stays in any
        case, because nobody else can answer its signals.
        """
        offered = {source.value.key: source for source in self._offered()}
        for key in cluster.sources:
            if key not in offered:
                raise SettingsError(
                    f"clusters.{cluster.name}.sources names {key!r}, which no plugin offers{did_you_mean(key, offered)}"
                )
        chosen = [offered[key] for key in cluster.sources]
        others = [source for key, source in offered.items() if key not in cluster.sources]
        if not cluster.sources:
            return others
        return [*chosen, *(source for source in others if not source.value.reads_expressions)]

    def _offered(self) -> Sequence[Declared[SignalSource]]:
        if self._sources is None:
            self._sources = self._manager.collect(
                "copilot_signal_sources",
                settings=self._settings,
                dialects=_values(self._manager.collect("copilot_dialects")),
                signers=_values(self._manager.collect("copilot_request_signers", settings=self._settings)),
            )
        return self._sources


def _values(declared: Sequence[Declared[Any]]) -> list[Any]:
    return [entry.value for entry in declared]
