"""Direct scraping's part of ``doctor``: does every endpoint answer, and with what signals need?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import attrs

from sre_copilot_exposition.clock import steady_clock
from sre_copilot_exposition.cluster_watch import ClusterWatch, Means
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.series import Series
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.source import http_client
from sre_copilot_exposition.targets import resolve_host
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    CheckOutcome,
    CheckResult,
    Cluster,
    Dialect,
    Settings,
    Signal,
    SourceUnavailable,
)
from sre_copilot_hookspecs.completeness import gap_results, lacking_buckets, needed_labels

_DEADLINE = 10.0
_NEAR = 0.5
"""Share of a limit from which on it is worth a word."""


@attrs.frozen
class ExpositionChecks:
    """Scrapes every endpoint once and says what the copilot will not see."""

    signals: tuple[Signal, ...]
    dialects: tuple[Dialect, ...]
    key: str = "exposition"

    async def run(self, settings: Settings) -> list[CheckResult]:
        """Look at all clusters at once."""
        found = await asyncio.gather(*(self._check(cluster) for cluster in settings.clusters))
        return [result for results in found for result in results]

    async def _check(self, cluster: Cluster) -> list[CheckResult]:
        settings = cluster.section(ExpositionSettings)
        if not (settings.server or settings.worker):
            return []
        means = Means(self.dialects, steady_clock(), resolve_host, Edition.THIRD)
        try:
            watch = ClusterWatch(cluster, means)
        except SourceUnavailable as error:
            return [_failed(f"{cluster.name}: endpoints", str(error))]
        measured = tuple(signal for signal in self.signals if signal.measure is not None)
        async with http_client() as client:
            try:
                await watch.read(client, measured, _DEADLINE)
            except TimeoutError:
                return [_failed(f"{cluster.name}: endpoints", f"They could not be read within {_DEADLINE:g} s.")]
        return [result for view in watch.views() for result in _target(cluster.name, view, measured, settings)]


def _target(
    cluster: str, view: TargetView, signals: Sequence[Signal], settings: ExpositionSettings
) -> Iterator[CheckResult]:
    target, scrape = view.target, view.latest
    name = f"{cluster}: {target.role} {target.instance}"
    setting = f"clusters.{cluster}.exposition"
    if not scrape.up:
        yield _failed(name, f"{scrape.error}. Check {setting}.{target.role}.")
        return
    if view.foreign:
        says = f"It answers with {scrape.scraped:,} samples and none of what a {target.role} exports"
        yield _failed(name, f"{says}; is it one? Check {setting}.{target.role}.")
        return
    spoken = f"It speaks {view.dialect.key}: {view.dialect.describes}."
    size = f"{scrape.scraped:,} samples, {scrape.kept:,} of them of use, in {scrape.duration:.2f} s."
    yield CheckResult(name, CheckOutcome.OK, f"{spoken} It sent {size}")
    yield from _sizes(name, setting, view, settings)
    yield from _gaps(name, view, signals)


def _sizes(name: str, setting: str, view: TargetView, settings: ExpositionSettings) -> Iterator[CheckResult]:
    scrape = view.latest
    if scrape.duration > settings.timeout * _NEAR:
        says = f"It took {scrape.duration:.1f} s of the {settings.timeout:g} s it may take"
        yield _warning(f"{name}: time", f"{says}; raise {setting}.timeout, or ask nearer to it.")
    if scrape.kept > settings.max_samples * _NEAR:
        says = f"{scrape.kept:,} samples are of use, and {settings.max_samples:,} may be"
        yield _warning(f"{name}: size", f"{says}; raise {setting}.max_samples before the limit is reached.")


def _gaps(name: str, view: TargetView, signals: Sequence[Signal]) -> Iterator[CheckResult]:
    role, there = view.target.role, view.latest.families
    without = lacking_buckets(view.dialect, role, signals, view.latest.offered)
    needed = needed_labels(view.dialect, role, signals)
    lacking = {each: labels - _present(there[each]) for each, labels in needed.items() if there.get(each)}
    yield from gap_results(name, without, {each: labels for each, labels in lacking.items() if labels})


def _present(family: Mapping[Series, float]) -> set[str]:
    return {label for series in family for label in series.labels}


def _warning(name: str, says: str) -> CheckResult:
    return CheckResult(name, CheckOutcome.WARNING, says)


def _failed(name: str, says: str) -> CheckResult:
    return CheckResult(name, CheckOutcome.FAILED, says)
