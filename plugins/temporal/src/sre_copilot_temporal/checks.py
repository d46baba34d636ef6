"""The Temporal plugin's part of ``doctor``: can every cluster be asked, and does it answer everything?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot_hookspecs import CheckOutcome, CheckResult, Cluster, Missing, Settings
from sre_copilot_temporal.settings import TemporalSettings

if TYPE_CHECKING:
    from sre_copilot_temporal.api.facts import Answer, Fact
    from sre_copilot_temporal.api.session import ClusterSession, Probe

_SIGNALS = frozenset({"matching.backlog", "workers.pollers", "workers.running", "workflows.running"})
_DEADLINE = 8.0


class TemporalChecks:
    """Asks each cluster once and says what the copilot will not see."""

    key = "temporal"

    async def run(self, settings: Settings) -> list[CheckResult]:
        """Look at all clusters at once."""
        found = await asyncio.gather(*(_check(cluster) for cluster in settings.clusters))
        return [result for results in found for result in results]


async def _check(cluster: Cluster) -> list[CheckResult]:
    # Loading the Temporal SDK takes a second; only who runs this pays for it.
    from sre_copilot_temporal.api.calls import CallFailed
    from sre_copilot_temporal.api.session import ClusterSession

    session = ClusterSession(cluster, cluster.section(TemporalSettings))
    try:
        probe = await session.probe(session.budget(_DEADLINE))
    except CallFailed as failure:
        return [_failed(f"{cluster.name}: frontend", f"{failure} Check {session.setting}.address.")]
    frontend = await _frontend(cluster, probe)
    if probe.refusal is not None:
        return [frontend, _failed(f"{cluster.name}: access", probe.refusal.detail)]
    namespaces = await _namespaces(cluster, session, probe)
    answers = await session.answers(_SIGNALS, Instant.now(), session.budget(_DEADLINE))
    session.forget()
    return [
        frontend,
        *namespaces,
        _visibility(cluster, answers["workflows.running"]),
        *_task_queues(cluster, answers["workers.pollers"], answers["matching.backlog"]),
        _workers(cluster, answers["workers.running"]),
        await checked_canary(cluster),
    ]


async def _frontend(cluster: Cluster, probe: Probe) -> CheckResult:
    from sre_copilot_temporal.api.calls import CallFailed, outcome

    name = f"{cluster.name}: frontend"
    version = await outcome(probe.frontend.server_version())
    server = "A server that does not tell its version" if isinstance(version, CallFailed) else f"Temporal {version}"
    says = f"{server} at {cluster.connection.address} answered in {probe.latency * 1000:.0f} ms."
    slow = probe.latency > cluster.section(TemporalSettings).call_timeout / 2
    if not slow:
        return CheckResult(name, CheckOutcome.OK, says)
    advice = f"That is more than half of clusters.{cluster.name}.temporal_api.call_timeout; raise it."
    return CheckResult(name, CheckOutcome.WARNING, f"{says} {advice}")


async def _namespaces(cluster: Cluster, session: ClusterSession, probe: Probe) -> list[CheckResult]:
    from sre_copilot_temporal.api.calls import CallFailed, outcome

    asked = [outcome(probe.frontend.describe_namespace(namespace)) for namespace in session.namespaces]
    found = await asyncio.gather(*asked)
    results = []
    for namespace, answer in zip(session.namespaces, found, strict=True):
        name = f"{cluster.name}: namespace {namespace}"
        if isinstance(answer, CallFailed):
            results.append(_failed(name, f"{answer} Check clusters.{cluster.name}.namespaces."))
        else:
            results.append(CheckResult(name, CheckOutcome.OK, f"Namespace {namespace} exists."))
    return results


def _visibility(cluster: Cluster, running: Answer | Missing) -> CheckResult:
    name = f"{cluster.name}: visibility"
    if isinstance(running, Missing):
        return _failed(name, f"{running.detail} Open workflows cannot be counted.")
    if running.note:
        return CheckResult(name, CheckOutcome.WARNING, running.note)
    total = sum(int(fact.value) for fact in running.facts)
    return CheckResult(name, CheckOutcome.OK, f"{total} workflows are open.")


def _task_queues(cluster: Cluster, pollers: Answer | Missing, backlog: Answer | Missing) -> list[CheckResult]:
    name = f"{cluster.name}: task queues"
    if isinstance(pollers, Missing) or isinstance(backlog, Missing):
        missing = pollers if isinstance(pollers, Missing) else backlog
        assert isinstance(missing, Missing)
        advice = f"Name them in clusters.{cluster.name}.task_queues if there are any."
        return [CheckResult(name, CheckOutcome.WARNING, f"{missing.detail} {advice}")]
    if not pollers.facts:
        return [CheckResult(name, CheckOutcome.OK, "No task queue is in use now.")]
    # Both answers speak of the same queues in the same order.
    waiting = zip(pollers.facts, backlog.facts, strict=True)
    unpolled = [_unpolled(cluster, polled, tasks) for polled, tasks in waiting if not polled.value]
    queues = {(fact.labels["namespace"], fact.labels["taskqueue"]) for fact in pollers.facts}
    all_polled = CheckResult(name, CheckOutcome.OK, f"All {len(queues)} task queues in use have pollers.")
    return unpolled or [all_polled]


def _unpolled(cluster: Cluster, polled: Fact, waiting: Fact) -> CheckResult:
    namespace, queue, kind = (polled.labels[name] for name in ("namespace", "taskqueue", "task_type"))
    says = f"No worker polls {kind.lower()} tasks of {queue} in namespace {namespace}"
    return CheckResult(
        f"{cluster.name}: task queue {queue}",
        CheckOutcome.WARNING,
        f"{says}, and {waiting.value:.0f} wait; start a worker for it.",
    )


def _workers(cluster: Cluster, running: Answer | Missing) -> CheckResult:
    name = f"{cluster.name}: worker list"
    if isinstance(running, Missing):
        advice = "The health of workers is seen by their polls alone."
        return CheckResult(name, CheckOutcome.WARNING, f"{running.detail} {advice}")
    total = sum(int(fact.value) for fact in running.facts)
    return CheckResult(name, CheckOutcome.OK, f"{total} workers send heartbeats.")


async def checked_canary(cluster: Cluster) -> CheckResult:
    """Sends one where canaries are wanted: only that shows whether we may."""
    from sre_copilot_temporal.canary.source import ROUND_TRIP, fly_once

    name, setting = f"{cluster.name}: canary", f"clusters.{cluster.name}.temporal_api.canary"
    settings = cluster.section(TemporalSettings)
    if not settings.canary:
        says = f"It is off, so nothing shows that a workflow gets through while nobody runs one; set {setting} = true."
        return CheckResult(name, CheckOutcome.OK, says)
    found = (await fly_once(cluster, min(_DEADLINE, settings.canary_timeout)))[ROUND_TRIP]
    if isinstance(found, Missing):
        return _failed(name, f"{found.detail} It needs the right to start workflows; see {setting}.")
    return CheckResult(name, CheckOutcome.OK, f"A workflow that does nothing came back in {found.value:.2f} s.")


def _failed(name: str, says: str) -> CheckResult:
    return CheckResult(name, CheckOutcome.FAILED, says)
