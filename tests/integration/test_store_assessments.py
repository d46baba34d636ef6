"""Assessments, issues and notifications in a real database."""

from __future__ import annotations

import attrs
import pytest
from whenever import Instant

from sre_copilot.explain.assessment import Assessment, PassageRow, Trigger, assessment_id
from sre_copilot.explain.present import present
from sre_copilot.explain.status import ExplanationRow, IssueRow, ParagraphRow
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.store import NotificationRow, Store, TooLargeToStore
from tests.integration.decided import NOON, Recorded, at
from tests.integration.test_store_records import FOREVER, with_store
from tests.rules import BUILTIN, ENGINE, NO_WORKERS, START, STEADY, observe

ISSUE = IssueRow("3f1c0e52-0000-4000-8000-000000000001", "no_workers", "workers", "warning", "No workers", NOON, at(1))


def assessed(cycle: float = 0, cluster: str = "prod", **more: object) -> Assessment:
    """An assessment of a decision of that cycle."""
    words = ExplanationRow("prod is critical: no workers", (ParagraphRow("cause", "Why", "Nobody polls."),), 0.9)
    made = Assessment(
        id=str(assessment_id(cluster, str(cycle), Trigger.STATE_CHANGE)),
        cluster=cluster,
        at=at(cycle),
        decision=str(cycle),
        trigger="state_change",
        state="critical",
        cause="no workers",
        explanation=words,
        issues=(ISSUE,),
        passages=(PassageRow("docs/no-workers.md", "First look", "Look for \x00pollers.", 0.5),),
    )
    return attrs.evolve(made, **more)


def recorded(*parts: tuple[dict[str, float], int], memory: Memory | None = None, first: int = 0) -> list[Recorded]:
    """Real decisions with their documents."""
    memory, made = memory or Memory(), []
    for cycle, values in enumerate([part for part, cycles in parts for _ in range(cycles)], first):
        observation = observe(values, cycle)
        receipt = Receipt(observation, memory, ENGINE.decide(memory, observation))
        made.append((receipt, present(BUILTIN, receipt, cycle_seconds=30)))
        memory = receipt.decision.memory
    return made


def test_an_assessment_comes_back_and_is_kept_once(database: str) -> None:
    async def scenario(store: Store) -> None:
        await store.save_assessment(assessed())
        await store.save_assessment(assessed(explanation=ExplanationRow("another", (), 0.1)))
        found = await store.latest_assessment("prod")
        assert found is not None
        assert found == assessed()
        assert await store.assessment(found.id) == found
        assert await store.assessment("no id") is None
        assert await store.latest_assessment("other") is None
        assert await store.open_issues("prod") == (ISSUE,)

    with_store(database, scenario)


def test_assessments_are_found_by_time(database: str) -> None:
    async def scenario(store: Store) -> None:
        for cycle in (2, 0, 1):
            await store.save_assessment(assessed(cycle))
        found = await store.assessments("prod", at(0), at(2), 9)
        assert [one.at for one in found] == [at(0), at(1)]
        latest = await store.latest_assessment("prod")
        assert latest is not None
        assert latest.at == at(2)

    with_store(database, scenario)


def test_nothing_is_half_written_when_an_assessment_is_too_large(database: str) -> None:
    async def scenario(store: Store) -> None:
        huge = PassageRow("docs/huge.md", "All", "x" * 2_000_000, 1.0)
        with pytest.raises(TooLargeToStore, match="assessment of cluster prod"):
            await store.save_assessment(assessed(passages=(huge,)))
        assert await store.open_issues("prod") == ()

    with_store(database, scenario)


def test_issues_follow_the_decisions_and_never_go_back(database: str) -> None:
    """Decisions are stored late and twice: the issue still opens, worsens and ends once."""
    made = recorded((STEADY, 1), (NO_WORKERS, 4), (STEADY, 3))

    async def scenario(store: Store) -> None:
        await store.record(made[:4])
        (issue,) = await store.open_issues("test")
        assert (issue.severity, issue.resolved_at) == ("critical", None)
        await store.record(made[4:])
        await store.record(made[:3])
        assert await store.open_issues("test") == ()
        (ended,) = await store.issues("test", START, FOREVER, 9)
        assert ended.id == issue.id
        assert ended.severity == "critical"
        assert ended.resolved_at is not None
        assert ended.resolved_at > ended.updated_at > ended.opened_at
        assert await store.issues("test", ended.resolved_at.add(seconds=1), FOREVER, 9) == ()

    with_store(database, scenario)


def test_an_observer_that_begins_anew_leaves_no_issue_open_for_ever(database: str) -> None:
    before, after = recorded((STEADY, 1), (NO_WORKERS, 3)), recorded((STEADY, 1), first=50)

    async def scenario(store: Store) -> None:
        await store.record(before)
        assert len(await store.open_issues("test")) == 1
        await store.record(after)
        assert await store.open_issues("test") == ()

    with_store(database, scenario)


def test_the_status_of_any_instant_is_found(database: str) -> None:
    made = recorded((STEADY, 3))

    async def scenario(store: Store) -> None:
        await store.record(made)
        second = made[1][1]
        assert await store.status_before("test", second.observed_at) == second
        assert await store.status_before("test", second.observed_at.add(seconds=1)) == second
        assert await store.status_before("test", START.subtract(seconds=1)) is None

    with_store(database, scenario)


def test_what_was_told_stays_told(database: str) -> None:
    def row(outcome: str, when: Instant = NOON) -> NotificationRow:
        return NotificationRow("prod", when, "webhook", "decision-1", outcome, "why")

    async def scenario(store: Store) -> None:
        for outcome in ("failed", "told", "failed"):
            await store.note_notification(row(outcome))
        (kept,) = await store.notifications("prod", NOON, FOREVER, 9)
        assert kept.outcome == "told"

    with_store(database, scenario)


def test_old_assessments_issues_and_notifications_are_forgotten(database: str) -> None:
    async def scenario(store: Store) -> None:
        await store.register_cluster("prod", 30)
        await store.save_assessment(assessed(0))
        await store.save_assessment(assessed(9, issues=()))
        await store.note_notification(NotificationRow("prod", NOON, "webhook", "decision-1", "told"))
        assert await store.prune(at(5)) == 3
        assert [one.at for one in await store.assessments("prod", NOON, FOREVER, 9)] == [at(9)]

    with_store(database, scenario)
