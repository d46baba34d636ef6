"""The signal source ``temporal_api``: what a cluster says of itself, without metrics."""

from __future__ import annotations

import asyncio

from sre_copilot_hookspecs import (
    Cluster,
    Missing,
    MissingReason,
    Reading,
    ReadRequest,
    Sample,
    SettingsError,
    Signal,
    SourceUnavailable,
)
from sre_copilot_temporal.api.connection import check_address, tls_of
from sre_copilot_temporal.api.facts import Answer, sample_of
from sre_copilot_temporal.api.session import ClusterSession
from sre_copilot_temporal.api.survey import COUNT_SIGNALS, QUEUE_SIGNALS, WORKER_SIGNALS
from sre_copilot_temporal.settings import TemporalSettings

SIGNALS = frozenset({"frontend.reachable", "frontend.probe_latency"}) | COUNT_SIGNALS | QUEUE_SIGNALS | WORKER_SIGNALS
"""Keys of the signals the source knows."""


class TemporalApiSource:
    """Reads health signals with a handful of cheap, read-only requests to the frontend."""

    key = "temporal_api"
    reads_expressions = False

    def __init__(self) -> None:
        self._sessions: dict[str, ClusterSession] = {}

    async def open(self, cluster: Cluster) -> None:
        """Check the connection settings. The connection itself is made by the first read.

        :raises SourceUnavailable: if the address is malformed or a certificate cannot be used.
        """
        session = ClusterSession(cluster, cluster.section(TemporalSettings))
        try:
            check_address(cluster.connection.address, f"{session.setting}.address")
            await asyncio.to_thread(tls_of, cluster.connection, setting=session.setting)
        except SettingsError as error:
            raise SourceUnavailable(str(error)) from error
        self._sessions[cluster.name] = session

    async def read(self, request: ReadRequest) -> Reading:
        """Answer every signal; a frontend that does not answer is itself a measured value."""
        session = self._sessions.get(request.cluster)
        if session is None:
            closed = Missing(MissingReason.REJECTED, f"{self.key} is not open for {request.cluster}.")
            return Reading(request.at, request.cluster, {signal.key: closed for signal in request.signals})
        wanted = frozenset(signal.key for signal in request.signals) & SIGNALS
        answers = await session.answers(wanted, request.at, session.budget(request.deadline)) if wanted else {}
        samples = {signal.key: self._sample(signal, answers) for signal in request.signals}
        return Reading(request.at, request.cluster, samples)

    def _sample(self, signal: Signal, answers: dict[str, Answer | Missing]) -> Sample | Missing:
        if signal.key not in SIGNALS:
            return Missing(MissingReason.NOT_EMITTED, f"{self.key} does not know {signal.key}.")
        answer = answers[signal.key]
        return answer if isinstance(answer, Missing) else sample_of(signal, answer)

    async def close(self) -> None:
        """Let go of every connection."""
        for session in self._sessions.values():
            session.forget()
        self._sessions.clear()
