"""From what was stored to what is answered: the stored words, with their age."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.api.documents import ServedCluster, ServedGate, ServedGates, ServedStatus
from sre_copilot.api.freshness import UNKNOWN, Freshness, freshness, in_words
from sre_copilot.explain.status import GateRow, StatusDocument
from sre_copilot.store import KnownCluster

SAME_IN_BOTH = tuple(
    field.name
    for field in attrs.fields(ServedStatus)
    if field.name in {known.name for known in attrs.fields(StatusDocument)}
    and field.name not in {known.name for known in attrs.fields(Freshness)} | {"reason"}
)
"""Fields of the stored document that are answered as they are."""


def served_status(cluster: str | None, status: StatusDocument | None, now: Instant, *, degraded: bool) -> ServedStatus:
    """The answer about one cluster."""
    fresh = freshness(status, now)
    age = attrs.asdict(fresh, recurse=False)
    reason = reason_now(cluster, status, fresh)
    if status is None:
        return ServedStatus(cluster=cluster, cause="none", reason=reason, observed_at=None, degraded=degraded, **age)
    same = {name: getattr(status, name) for name in SAME_IN_BOTH}
    return ServedStatus(**{**same, **age, "reason": reason, "degraded": degraded, "decision": status.id})


def reason_now(cluster: str | None, status: StatusDocument | None, fresh: Freshness) -> str:
    """What the state rests on, which may be that nothing was observed lately."""
    if cluster is None:
        return "No cluster is watched yet."
    if status is None:
        return f"Cluster {cluster} was not observed yet."
    if not fresh.stale:
        return status.reason
    assert fresh.age_seconds is not None
    return f"Not observed for {in_words(fresh.age_seconds)}. Last known: {status.reason}"


def served_gates(cluster: str | None, status: StatusDocument | None, now: Instant, *, degraded: bool) -> ServedGates:
    """The gates of one cluster, in the order in which they were judged."""
    fresh = freshness(status, now)
    return ServedGates(
        cluster=cluster,
        decision=None if status is None else status.id,
        observed_at=None if status is None else status.observed_at,
        age_seconds=fresh.age_seconds,
        stale=fresh.stale,
        degraded=degraded,
        gates=() if status is None else tuple(_gate(row, stale=fresh.stale) for row in status.gates),
    )


def _gate(row: GateRow, *, stale: bool) -> ServedGate:
    outcome = UNKNOWN if stale else row.outcome
    last_known = row.outcome if stale else None
    return ServedGate(
        last_known_outcome=last_known,
        **{**attrs.asdict(row, recurse=False), "outcome": outcome},
    )


def served_cluster(cluster: KnownCluster, status: StatusDocument | None, now: Instant) -> ServedCluster:
    """One cluster in short."""
    fresh = freshness(status, now)
    return ServedCluster(
        name=cluster.name,
        cause="none" if status is None else status.cause,
        reason=reason_now(cluster.name, status, fresh),
        observed_at=None if status is None else status.observed_at,
        cycle_seconds=cluster.cycle_seconds,
        added_at=cluster.added_at,
        **attrs.asdict(fresh, recurse=False),
    )
