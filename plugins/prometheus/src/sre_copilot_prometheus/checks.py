"""Reading through Prometheus's part of ``doctor``: does the server answer, and has it what signals need?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import attrs

from sre_copilot_hookspecs import (
    CheckOutcome,
    CheckResult,
    Cluster,
    Dialect,
    RequestSigner,
    Settings,
    Signal,
    SourceUnavailable,
)
from sre_copilot_hookspecs.completeness import gap_results, lacking_buckets, needed_labels
from sre_copilot_prometheus.asking import MEMBER, union
from sre_copilot_prometheus.client import PrometheusClient
from sre_copilot_prometheus.cluster_watch import ClusterWatch
from sre_copilot_prometheus.dialect import Detected
from sre_copilot_prometheus.failures import QueryFailed
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from sre_copilot_prometheus.status import Status, questions, status_of
from sre_copilot_prometheus.vocabulary import Voice, literal

_DEADLINE = 10.0


@attrs.frozen
class PrometheusChecks:
    """Asks every server what it has of its cluster and says what the copilot will not see."""

    signals: tuple[Signal, ...]
    dialects: tuple[Dialect, ...]
    signers: tuple[RequestSigner, ...] = ()
    key: str = "prometheus"

    async def run(self, settings: Settings) -> list[CheckResult]:
        """Look at all clusters at once."""
        found = await asyncio.gather(*(self._check(cluster) for cluster in settings.clusters))
        return [result for results in found for result in results]

    async def _check(self, cluster: Cluster) -> list[CheckResult]:
        if not cluster.section(PrometheusSettings).url:
            return []
        name = f"{cluster.name}: prometheus"
        source = PrometheusSource(self.dialects, self.signers)
        try:
            await source.open(cluster)
            async with asyncio.timeout(_DEADLINE):
                return await self._examined(cluster, source.watch(cluster.name))
        except (SourceUnavailable, QueryFailed) as error:
            return [_failed(name, f"{error} Check clusters.{cluster.name}.prometheus.")]
        except TimeoutError:
            return [_failed(name, f"It could not be asked everything within {_DEADLINE:g} s.")]
        finally:
            await source.close()

    async def _examined(self, cluster: Cluster, watch: ClusterWatch) -> list[CheckResult]:
        measured = tuple(signal for signal in self.signals if signal.measure is not None)
        client = watch.client
        await client.query("vector(1)")
        results = [CheckResult(f"{cluster.name}: prometheus", CheckOutcome.OK, f"{client.place} answers.")]
        known = await watch.known([signal.measure for signal in measured if signal.measure is not None])
        for voice in watch.vocabulary().voices:
            results += await _role(cluster.name, voice, known[voice.role], client, measured)
        return results


async def _role(
    cluster: str, voice: Voice, detected: Detected, client: PrometheusClient, signals: Sequence[Signal]
) -> list[CheckResult]:
    name, setting = f"{cluster}: {voice.role}", f"clusters.{cluster}.prometheus.{voice.role}"
    status = await _status(voice, client, setting)
    if status.missing is not None:
        return [CheckResult(name, CheckOutcome.WARNING, f"{status.missing.detail} Check {setting}.")]
    if detected.foreign:
        says = f"What {voice.conditions} selects has none of what a {voice.role} exports; is it one? Check {setting}."
        return [_failed(name, says)]
    up = f"{status.up} of {status.targets} targets with {voice.conditions} are up."
    spoken = f"They speak {voice.dialect.key}: {voice.dialect.describes}."
    outcome = CheckOutcome.OK if status.up == status.targets else CheckOutcome.WARNING
    lacking = await _lacking_labels(voice, detected, client, signals)
    without = lacking_buckets(voice.dialect, voice.role, signals, detected.names)
    return [CheckResult(name, outcome, f"{up} {spoken}"), *gap_results(name, without, lacking)]


async def _status(voice: Voice, client: PrometheusClient, setting: str) -> Status:
    asked = list(questions(voice).values())
    found = {asked[number]: value for number, value in (await _numbered(client, asked)).items()}
    return status_of(voice, found.get, setting)


async def _numbered(client: PrometheusClient, queries: Sequence[str]) -> Mapping[int, float]:
    answer = await client.query(union(queries))
    return {int(series.labels[MEMBER]): series.points[-1][1] for series in answer.series}


async def _lacking_labels(
    voice: Voice, detected: Detected, client: PrometheusClient, signals: Sequence[Signal]
) -> Mapping[str, frozenset[str]]:
    needed = needed_labels(voice.dialect, voice.role, signals)
    there = {name: labels for name, labels in needed.items() if name in detected.names and labels}
    queries = list(_label_queries(voice, there))
    found = await asyncio.gather(*(client.query(query) for _, query in queries))
    having = {
        (series.labels.get("__name__", ""), label)
        for (label, _), answer in zip(queries, found, strict=True)
        for series in answer.series
    }
    lacking = {name: frozenset(each for each in labels if (name, each) not in having) for name, labels in there.items()}
    return {name: labels for name, labels in lacking.items() if labels}


def _label_queries(voice: Voice, there: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """For every label the query for the names of samples that have it."""
    for label in sorted(frozenset[str]().union(*there.values())):
        names = "|".join(literal(name) for name, labels in there.items() if label in labels).replace("\\", "\\\\")
        yield label, f'group by (__name__) ({{__name__=~"{names}",{label}!="",{voice.conditions}}})'


def _failed(name: str, says: str) -> CheckResult:
    return CheckResult(name, CheckOutcome.FAILED, says)
