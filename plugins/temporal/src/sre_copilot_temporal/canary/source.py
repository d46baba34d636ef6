"""The signal source ``temporal_canary``: whether a workflow that does nothing gets through."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs import Cluster, Missing, MissingReason, Reading, ReadRequest, Sample
from sre_copilot_temporal.api.calls import CallFailed
from sre_copilot_temporal.api.session import ClusterSession
from sre_copilot_temporal.canary.flight import Flight, cannot_be_asked
from sre_copilot_temporal.settings import TemporalSettings

SUCCESS, ROUND_TRIP = "canary.success", "canary.round_trip"


@attrs.frozen
class _Watched:
    """One cluster: its connection, and for how long a canary may fly there."""

    session: ClusterSession
    address: str
    seconds: float


class CanarySource:
    """Sends one workflow through each cluster that wants it, once for every reading."""

    key = "temporal_canary"
    reads_expressions = False

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}

    async def open(self, cluster: Cluster) -> None:
        """Get ready, where the canary is on. The connection is made by the first reading."""
        settings = cluster.section(TemporalSettings)
        if settings.canary:
            self._watched[cluster.name] = _watched(cluster)

    async def read(self, request: ReadRequest) -> Reading:
        """Send a canary, and wait for it no longer than the deadline."""
        watched = self._watched.get(request.cluster)
        if watched is None:
            # Nobody wants to know: that is an answer, and no blindness.
            off = f"The canary is off; set clusters.{request.cluster}.temporal_api.canary = true."
            found: dict[str, Sample | Missing] = dict.fromkeys(
                (SUCCESS, ROUND_TRIP), Missing(MissingReason.NO_DATA, off)
            )
        else:
            found = await _fly(watched, request.deadline)
        unknown = Missing(MissingReason.NOT_EMITTED, f"{self.key} does not know this signal.")
        samples = {signal.key: found.get(signal.key, unknown) for signal in request.signals}
        return Reading(request.at, request.cluster, samples)

    async def close(self) -> None:
        """Let go of every connection; nothing else is left between readings."""
        for watched in self._watched.values():
            watched.session.forget()
        self._watched.clear()


async def fly_once(cluster: Cluster, deadline: float) -> dict[str, Sample | Missing]:
    """One canary, whether the settings want canaries or not."""
    watched = _watched(cluster)
    try:
        return await _fly(watched, deadline)
    finally:
        watched.session.forget()


def _watched(cluster: Cluster) -> _Watched:
    settings = cluster.section(TemporalSettings)
    # A poll waits by design; here the whole flight is bounded, not each call.
    patient = attrs.evolve(settings, call_timeout=settings.canary_timeout)
    return _Watched(ClusterSession(cluster, patient), cluster.connection.address, settings.canary_timeout)


async def _fly(watched: _Watched, deadline: float) -> dict[str, Sample | Missing]:
    session = watched.session
    budget = session.budget(min(watched.seconds, deadline))
    try:
        client = await session.connected(budget)
        seconds = await Flight(client, watched.address, budget).round_trip()
    except CallFailed as failure:
        # The next one gets a new connection: this one may be what is broken.
        session.forget()
        refused = cannot_be_asked(failure)
        if refused is not None:
            return dict.fromkeys((SUCCESS, ROUND_TRIP), refused)
        none = Missing(MissingReason.NO_DATA, f"The canary did not come back. {failure}")
        return {SUCCESS: Sample(0.0, note=str(failure)), ROUND_TRIP: none}
    return {SUCCESS: Sample(1.0), ROUND_TRIP: Sample(seconds)}
