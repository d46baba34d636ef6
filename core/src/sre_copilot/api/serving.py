"""From what was stored to what is answered: the stored words, with their age."""

from __future__ import annotations

from typing import Any, cast

import attrs
from whenever import Instant

from sre_copilot.api.board import Standing
from sre_copilot.api.documents import ServedDecision, ServedEvent, ServedStatus, ServedSummary
from sre_copilot.api.evidence import evidence_of
from sre_copilot.api.freshness import UNKNOWN, Freshness, freshness, in_words
from sre_copilot.api.rows import (
    Fresh,
    ServedCluster,
    ServedGate,
    ServedIssue,
    ServedLogPattern,
    ServedService,
    ServedSignal,
)
from sre_copilot.explain.status import ServiceRow, StatusDocument

NOT_AS_STORED = {"reason", "services"} | {field.name for field in attrs.fields(Fresh)}
SAME_IN_BOTH = tuple(
    field.name
    for field in attrs.fields(ServedStatus)
    if field.name in {known.name for known in attrs.fields(StatusDocument)}
    and field.name not in {known.name for known in attrs.fields(Freshness)} | NOT_AS_STORED
)
"""Fields of the stored document that are answered as they are."""


def fresh_fields(standing: Standing, now: Instant) -> dict[str, Any]:
    """What :class:`~sre_copilot.api.rows.Fresh` says of a standing, by field."""
    fresh = freshness(standing.status, now)
    return {
        "observed_at": None if standing.status is None else standing.status.observed_at,
        "age_seconds": fresh.age_seconds,
        "stale": fresh.stale,
        "degraded": standing.trouble is not None,
        "degraded_reason": standing.trouble,
    }


def _state_fields(standing: Standing, now: Instant) -> dict[str, Any]:
    fresh = freshness(standing.status, now)
    return {
        "health_state": fresh.health_state,
        "last_known_state": fresh.last_known_state,
        "since": fresh.since,
        **fresh_fields(standing, now),
    }


def served_status(standing: Standing, now: Instant) -> ServedStatus:
    """The answer about one cluster."""
    status = standing.status
    state = _state_fields(standing, now)
    reason = reason_now(standing, now)
    if status is None:
        return ServedStatus(cluster=standing.name, cause="none", reason=reason, **state)
    same = {name: getattr(status, name) for name in SAME_IN_BOTH}
    services = tuple(_service_now(row, stale=state["stale"]) for row in status.services)
    return ServedStatus(
        **{**same, **state}, reason=reason, services=services, open_issues=open_issues(status), decision=status.id
    )


def reason_now(standing: Standing, now: Instant) -> str:
    """What the state rests on, which may be that nothing was observed lately."""
    status, fresh = standing.status, freshness(standing.status, now)
    if standing.name is None:
        return "No cluster is watched yet."
    if status is None:
        return f"Cluster {standing.name} was not observed yet."
    if not fresh.stale:
        return status.reason
    assert fresh.age_seconds is not None
    return f"Not observed for {in_words(fresh.age_seconds)}. Last known: {status.reason}"


def open_issues(status: StatusDocument) -> int:
    """How many issues are not resolved."""
    return sum(issue.resolved_at is None for issue in status.issues)


def served_summary(standing: Standing, now: Instant) -> ServedSummary:
    """What is going on in words: the explanation, or the reason where there is none or it is too old."""
    status, state = standing.status, _state_fields(standing, now)
    told = None if status is None or state["stale"] else status.explanation
    title = f"{standing.name or 'No cluster'} is {state['health_state']}"
    reason = reason_now(standing, now)
    return ServedSummary(
        cluster=standing.name,
        title=title if told is None else told.title,
        summary=reason if told is None else "\n\n".join(paragraph.text for paragraph in told.paragraphs),
        paragraphs=() if told is None else told.paragraphs,
        confidence=told.confidence if told is not None else None if status is None else status.confidence,
        explained_by="rules" if told is None else told.explained_by,
        note="" if told is None else told.note,
        open_issues=0 if status is None else open_issues(status),
        decision=None if status is None else status.id,
        **state,
    )


def served_gates(standing: Standing, now: Instant) -> tuple[ServedGate, ...]:
    """The gates of one cluster, in the order in which they were judged."""
    status, fresh = standing.status, fresh_fields(standing, now)
    if status is None:
        return ()
    return tuple(
        ServedGate(
            **{**fields(row), "outcome": UNKNOWN if fresh["stale"] else row.outcome},
            cluster=status.cluster,
            last_known_outcome=row.outcome if fresh["stale"] else None,
            decision=status.id,
            **fresh,
        )
        for row in status.gates
    )


def served_services(standing: Standing, now: Instant) -> tuple[ServedService, ...]:
    """The actors of one cluster."""
    status, fresh = standing.status, fresh_fields(standing, now)
    if status is None:
        return ()
    return tuple(
        ServedService(
            **fields(_service_now(row, stale=fresh["stale"])),
            cluster=status.cluster,
            last_known_progress=row.progress if fresh["stale"] else None,
            last_known_pressure=row.pressure if fresh["stale"] else None,
            **fresh,
        )
        for row in status.services
    )


def _service_now(row: ServiceRow, *, stale: bool) -> ServiceRow:
    return attrs.evolve(row, progress=UNKNOWN, pressure=UNKNOWN) if stale else row


def served_signals(standing: Standing, now: Instant) -> tuple[ServedSignal, ...]:
    """Every signal of one cluster: demand and primary ones, then what amplifies."""
    status, fresh = standing.status, fresh_fields(standing, now)
    if status is None:
        return ()
    return tuple(
        ServedSignal(
            **{**fields(row), **fresh},
            cluster=status.cluster,
            sample_age_seconds=row.age_seconds,
            trend=status.trends.get(row.key),
        )
        for row in status.primary_signals + status.amplifiers
    )


def served_issues(standing: Standing, now: Instant) -> tuple[ServedIssue, ...]:
    """The issues of one cluster: the open ones and those that the newest decision resolved."""
    status = standing.status
    if status is None:
        return ()
    fresh = fresh_fields(standing, now)
    return tuple(ServedIssue(**fields(row), cluster=status.cluster, **fresh) for row in status.issues)


def served_log_patterns(standing: Standing, now: Instant) -> tuple[ServedLogPattern, ...]:
    """The log patterns that accompany one status."""
    status = standing.status
    if status is None:
        return ()
    fresh = fresh_fields(standing, now)
    return tuple(ServedLogPattern(**fields(row), cluster=status.cluster, **fresh) for row in status.log_patterns)


def served_cluster(standing: Standing, now: Instant) -> ServedCluster:
    """One cluster in short."""
    assert standing.cluster is not None
    return ServedCluster(
        name=standing.cluster.name,
        cause="none" if standing.status is None else standing.status.cause,
        reason=reason_now(standing, now),
        cycle_seconds=standing.cluster.cycle_seconds,
        added_at=standing.cluster.added_at,
        **_state_fields(standing, now),
    )


def served_event(standing: Standing, now: Instant, before: str | None) -> ServedEvent:
    """What is told about one cluster when something is new."""
    assert standing.name is not None
    return ServedEvent(
        cluster=standing.name,
        before=before,
        cause="none" if standing.status is None else standing.status.cause,
        reason=reason_now(standing, now),
        decision=None if standing.status is None else standing.status.id,
        **_state_fields(standing, now),
    )


def served_decision(status: StatusDocument, now: Instant) -> ServedDecision:
    """One decision, as it was made."""
    fresh = freshness(status, now)
    own = {field.name for field in attrs.fields(Fresh)} | {"evidence"}
    same = {field.name: getattr(status, field.name) for field in attrs.fields(ServedDecision) if field.name not in own}
    return ServedDecision(
        **same,
        evidence=evidence_of(status),
        observed_at=status.observed_at,
        age_seconds=fresh.age_seconds,
        stale=fresh.stale,
        degraded=False,
    )


def fields(row: object) -> dict[str, Any]:
    """The fields of a row, with the values in them as they are."""
    return attrs.asdict(cast("attrs.AttrsInstance", row), recurse=False)
