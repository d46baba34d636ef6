"""All targets of one cluster, scraped together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import attrs
from httpx2 import AsyncClient

from sre_copilot_exposition.clock import Clock, milliseconds
from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.needs import Needs
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.reading import answer
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.spelling import spelling_of
from sre_copilot_exposition.target_watch import TargetWatch
from sre_copilot_exposition.targets import Endpoint, Resolve, Target, endpoints_of
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    Cluster,
    Dialect,
    Expr,
    Missing,
    MissingReason,
    Sample,
    Signal,
    SourceUnavailable,
    Spelling,
)
from sre_copilot_hookspecs.wire import EMITTERS, native_dialect

_FOR_EVALUATION = 0.2
"""The part of a deadline that is kept for evaluating, at most half a second."""

Samples = Mapping[str, Sample | Missing]


@attrs.frozen
class Means:
    """What every cluster's watch uses, exchangeable in tests."""

    dialects: tuple[Dialect, ...]
    clock: Clock
    resolve: Resolve
    edition: Edition


def checked(settings: ExpositionSettings, cluster: str) -> tuple[Endpoint, ...]:
    """The endpoints of a cluster's settings.

    :raises SourceUnavailable: if the settings can never work.
    """
    section = f"clusters.{cluster}.exposition"
    for name in ("timeout", "max_body", "max_samples"):
        if not getattr(settings, name) > 0:
            raise SourceUnavailable(f"{section}.{name} is {getattr(settings, name)}; it must be positive.")
    return (
        *endpoints_of("server", settings.server, f"{section}.server"),
        *endpoints_of("worker", settings.worker, f"{section}.worker"),
    )


def _check_dialects(chosen: Sequence[str], dialects: Sequence[Dialect], cluster: str) -> None:
    unknown = set(chosen) - {dialect.key for dialect in dialects}
    if unknown:
        known = ", ".join(sorted(dialect.key for dialect in dialects))
        named = ", ".join(sorted(unknown))
        raise SourceUnavailable(f"clusters.{cluster}.exposition.dialect names {named}; there are {known}.")


class ClusterWatch:
    """Scrapes the targets of one cluster and evaluates signals over what they said lately."""

    def __init__(self, cluster: Cluster, means: Means) -> None:
        self._name = cluster.name
        self._settings = cluster.section(ExpositionSettings)
        self._endpoints = checked(self._settings, cluster.name)
        _check_dialects(self._settings.dialect, means.dialects, cluster.name)
        self._means = means
        self._needs = {role: Needs() for role in EMITTERS}
        self._watches: dict[Target, TargetWatch] = {}
        self._addresses: dict[Endpoint, Sequence[str]] = {}
        self._claimed: dict[tuple[str, str], Endpoint] = {}
        self._alone = asyncio.Lock()

    def detected(self) -> dict[str, str]:
        """The dialect of every target, by its instance."""
        return {watch.target.instance: watch.dialect.key for watch in self._watches.values()}

    def views(self) -> tuple[TargetView, ...]:
        """What is known about every target; none before the first reading."""
        return tuple(watch.view() for watch in self._watches.values())

    def spellings(self, measure: Expr) -> tuple[Spelling, ...]:
        """How each target that can have them spells the metrics of an expression."""
        return tuple(spelling for view in self.views() for spelling in spelling_of(measure, view))

    async def read(self, client: AsyncClient, signals: Sequence[Signal], deadline: float) -> Samples:
        """Scrape every target and evaluate, within ``deadline`` seconds.

        :raises TimeoutError: if even that cannot be told in time.
        """
        if not self._endpoints:
            detail = f"Nothing to scrape; set clusters.{self._name}.exposition.server."
            return {signal.key: Missing(MissingReason.UNREACHABLE, detail) for signal in signals}
        ends = time.monotonic() + deadline
        async with asyncio.timeout(deadline), self._alone:
            self._needs = {role: needs.with_signals(signals, role) for role, needs in self._needs.items()}
            left = ends - time.monotonic()
            limit = min(self._settings.timeout, left - min(0.5, left * _FOR_EVALUATION))
            await self._scrape(client, limit)
            return await asyncio.to_thread(self._evaluate, self.views(), signals)

    async def _scrape(self, client: AsyncClient, limit: float) -> None:
        self._claimed.clear()
        found = await asyncio.gather(*(self._scrape_one(client, each, limit) for each in self._endpoints))
        targets = [target for part in found for target in part]
        # What an address said that its host no longer has is over.
        self._watches = {target: self._watches[target] for target in targets}

    async def _scrape_one(self, client: AsyncClient, endpoint: Endpoint, limit: float) -> Sequence[Target]:
        ends = time.monotonic() + limit
        targets, error = await self._targets(endpoint, limit)
        # Two names can have one address; its series must not count twice.
        targets = [t for t in targets if self._claimed.setdefault((t.role, t.instance), endpoint) == endpoint]
        for target in targets:
            if target not in self._watches:
                self._watches[target] = self._watch(target)
        if error:
            for target in targets:
                self._watches[target].down(error)
            return targets
        needs, left = self._needs[endpoint.role], max(0.001, ends - time.monotonic())
        await asyncio.gather(*(self._watches[target].scrape(client, needs, left) for target in targets))
        return targets

    async def _targets(self, endpoint: Endpoint, limit: float) -> tuple[Sequence[Target], str]:
        """The targets of an endpoint, or one that stands for them all and why it cannot be scraped."""
        if not endpoint.every_address:
            return [endpoint.target()], ""
        try:
            async with asyncio.timeout(limit / 2):
                found = await self._means.resolve(endpoint.host, endpoint.port)
        except (OSError, TimeoutError) as error:
            # A name server that fails says nothing about the addresses it gave before.
            known = self._addresses.get(endpoint, ())
            reason = str(error) or "the name server did not answer"
            if not known:
                return [endpoint.target()], f"has no address: {reason}"
            found = known
        self._addresses[endpoint] = found
        if not found:
            return [endpoint.target()], "has no address"
        return [endpoint.target(address) for address in found], ""

    def _watch(self, target: Target) -> TargetWatch:
        emitter = EMITTERS[target.role]
        spoken = [dialect for dialect in self._means.dialects if dialect.emitter is emitter]
        chosen = [dialect for dialect in spoken if dialect.key in self._settings.dialect]
        dialects = chosen or spoken
        return TargetWatch(target, dialects or [native_dialect(emitter)], self._settings, self._means.clock)

    def _evaluate(self, views: Sequence[TargetView], signals: Sequence[Signal]) -> Samples:
        # The instant of the newest scrape, not the caller's: two clocks that differ must not empty a window.
        at = max((view.latest.at for view in views), default=milliseconds(self._means.clock()))
        evaluator = Evaluator(self._name, views, at, self._means.edition)
        return {signal.key: _answered(signal, evaluator) for signal in signals}


def _answered(signal: Signal, evaluator: Evaluator) -> Sample | Missing:
    try:
        return answer(signal, evaluator)
    except Exception as error:  # noqa: BLE001  one signal that cannot be evaluated must not cost the others
        detail = f"{signal.key} could not be evaluated: {type(error).__name__}: {error}."
        return Missing(MissingReason.REJECTED, detail)
