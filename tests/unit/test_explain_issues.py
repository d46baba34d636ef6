"""The life of an issue: it opens, stays, gets worse, and ends two cycles after its evidence."""

from __future__ import annotations

from sre_copilot.explain.present import present
from sre_copilot.explain.status import IssueRow
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from tests.rules import BUILTIN, CYCLE, ENGINE, NO_WORKERS, START, STEADY, observe


def lives(*parts: tuple[dict[str, float], int]) -> list[tuple[IssueRow, ...]]:
    """The issues after each cycle."""
    memory, shown = Memory(), []
    values = [part for part, cycles in parts for _ in range(cycles)]
    for cycle, each in enumerate(values):
        observation = observe(each, cycle)
        receipt = Receipt(observation, memory, ENGINE.decide(memory, observation))
        shown.append(present(BUILTIN, receipt, cycle_seconds=30).issues)
        memory = receipt.decision.memory
    return shown


def test_an_issue_keeps_its_id_and_its_times_and_remembers_the_worst() -> None:
    shown = lives((STEADY, 2), (NO_WORKERS, 4))
    assert [len(rows) for rows in shown] == [0, 0, 1, 1, 1, 1]
    issues = [rows[0] for rows in shown[2:]]
    assert len({issue.id for issue in issues}) == 1
    assert {issue.opened_at for issue in issues} == {START + CYCLE * 2}
    assert [issue.updated_at for issue in issues] == [START + CYCLE * cycle for cycle in (2, 3, 4, 5)]
    assert [issue.severity for issue in issues] == ["warning", "warning", "critical", "critical"]
    assert issues[0].title == "No workers (Workers)"


def test_an_issue_is_resolved_after_two_cycles_without_evidence_and_told_once() -> None:
    shown = lives((STEADY, 1), (NO_WORKERS, 2), (STEADY, 4))
    after = shown[3:]
    assert [[row.resolved_at for row in rows] for rows in after] == [[None], [START + CYCLE * 4], [], []]
    assert after[1][0].updated_at == START + CYCLE * 2
    assert after[1][0].id == shown[1][0].id


def test_the_same_cause_later_is_another_issue() -> None:
    shown = lives((STEADY, 1), (NO_WORKERS, 2), (STEADY, 4), (NO_WORKERS, 1))
    assert shown[1][0].id != shown[-1][0].id
