"""One cluster's connection and what is remembered of it between readings."""

from __future__ import annotations

import asyncio

import attrs
from temporalio.client import Client
from temporalio.service import RPCStatusCode
from whenever import Instant

from sre_copilot_hookspecs import Cluster, Missing, MissingReason, SettingsError
from sre_copilot_temporal.api.calls import Budget, CallFailed, connect_failed, too_late
from sre_copilot_temporal.api.connection import connect
from sre_copilot_temporal.api.facts import Answer, Fact
from sre_copilot_temporal.api.frontend import Frontend
from sre_copilot_temporal.api.queues import TaskQueues
from sre_copilot_temporal.api.survey import Survey
from sre_copilot_temporal.settings import TemporalSettings

SYSTEM_NAMESPACE = "temporal-system"

# A connection attempt that is cancelled while the process ends can bring the interpreter down: the native
# client needs it once more to let go. This is far longer than that takes.
_LET_GO = 0.04


@attrs.frozen
class Probe:
    """Whether the frontend answered a real request."""

    frontend: Frontend
    latency: float
    """Seconds."""
    refusal: Missing | None = None
    """What it answered, if that was no."""


class ClusterSession:
    """Asks one cluster; connects when it must and again after a failure."""

    def __init__(self, cluster: Cluster, settings: TemporalSettings) -> None:
        self.setting = f"clusters.{cluster.name}.temporal"
        self.namespaces = tuple(name for name in cluster.namespaces if name != SYSTEM_NAMESPACE)
        self._connection = cluster.connection
        self._settings = settings
        self._client: Client | None = None
        self._queues = TaskQueues(self.namespaces, cluster.task_queues)
        self._survey = Survey(self._queues, self.namespaces, settings.describe_per_cycle)

    def budget(self, deadline: float) -> Budget:
        """A budget that starts now and ends ``deadline`` seconds later."""
        return Budget.of(deadline, self._settings.call_timeout)

    async def answers(self, wanted: frozenset[str], at: Instant, budget: Budget) -> dict[str, Answer | Missing]:
        """What the cluster says about the signals ``wanted``, by key; never fails as a whole."""
        try:
            probe = await self.probe(budget)
        except CallFailed as failure:
            return _unreachable(wanted, failure)
        answers: dict[str, Answer | Missing] = {
            "frontend.reachable": Answer((Fact(1.0),)),
            "frontend.probe_latency": Answer((Fact(probe.latency),)),
        }
        rest = wanted - answers.keys()
        if probe.refusal is not None:
            return answers | dict.fromkeys(rest, probe.refusal)
        return answers | await self._survey.of(probe.frontend, rest, at)

    async def probe(self, budget: Budget) -> Probe:
        """Send one real request and time it.

        :raises CallFailed: if the frontend did not answer; one that refused has answered.
        """
        reused = self._client is not None
        try:
            return await self._probe(budget)
        except CallFailed as failure:
            # What broke may be the old connection only: the server restarted since, behind the same address.
            if not reused or failure.status is RPCStatusCode.DEADLINE_EXCEEDED:
                raise
        return await self._probe(budget)

    async def _probe(self, budget: Budget) -> Probe:
        client = await self.connected(budget)
        frontend = Frontend(client, self._connection.address, budget)
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            await frontend.describe_namespace(self._connection.namespace)
        except CallFailed as failure:
            if failure.refused:
                return Probe(frontend, clock() - started, self._refusal(failure))
            # A connection whose probe failed is not trusted again; the next reading makes a new one.
            self._client = None
            raise
        return Probe(frontend, clock() - started)

    def _refusal(self, failure: CallFailed) -> Missing | None:
        match failure.status:
            case RPCStatusCode.NOT_FOUND:
                where = f"{self._connection.address} knows no namespace {self._connection.namespace!r}"
                return Missing(MissingReason.REJECTED, f"{where}; check {self.setting}.namespace.")
            case RPCStatusCode.UNAUTHENTICATED:
                return failure.missing
            case _:
                # Who may not describe the namespace may be allowed the rest; each request says so itself.
                return None

    async def connected(self, budget: Budget) -> Client:
        """The client, made where there is none yet.

        :raises CallFailed: if it cannot be made now.
        """
        if self._client is not None:
            return self._client
        seconds = budget.next_call()
        address = self._connection.address
        try:
            async with asyncio.timeout(seconds):
                self._client = await connect(self._connection, setting=self.setting, connect_seconds=seconds or None)
        except TimeoutError as error:
            await asyncio.sleep(_LET_GO)
            raise too_late(address, "the attempt to connect", seconds) from error
        except SettingsError as error:
            raise CallFailed(Missing(MissingReason.REJECTED, str(error))) from error
        except (RuntimeError, OSError, ValueError) as error:
            raise connect_failed(address, error) from error
        return self._client

    def forget(self) -> None:
        """Let go of the connection."""
        self._client = None


def _unreachable(wanted: frozenset[str], failure: CallFailed) -> dict[str, Answer | Missing]:
    """All missing; but a frontend that was asked and did not answer is measured: it is not reachable."""
    answers: dict[str, Answer | Missing] = dict.fromkeys(wanted, failure.missing)
    if failure.missing.reason is MissingReason.UNREACHABLE:
        answers["frontend.reachable"] = Answer((Fact(0.0),), note=failure.missing.detail)
    if failure.refused:
        answers["frontend.reachable"] = Answer((Fact(1.0),), note=failure.missing.detail)
    return answers
