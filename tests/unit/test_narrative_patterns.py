"""The declared patterns: that they are sound, find what real servers log, and blame nobody innocent."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot.narrative.literals import required_literals
from sre_copilot.narrative.pattern_set import PatternSet
from sre_copilot_dsql.patterns import PARSER as DSQL
from sre_copilot_dsql.signals import SIGNALS as DSQL_SIGNALS
from sre_copilot_hookspecs import DeclarationError, LogLine, LogPattern
from sre_copilot_temporal.causes import CAUSES
from sre_copilot_temporal.gates import GATES
from sre_copilot_temporal.patterns import PARSER as TEMPORAL
from sre_copilot_temporal.services import SERVICES
from sre_copilot_temporal.signals import SIGNALS
from tests.log_lines import BUILT_IN, SINCE, SITUATIONS, recorded_lines, summary_of

FOUND = {
    "deletion": {"workflows.deletion", "limits.changed"},
    "failing_tasks": {
        "queues.loaded",
        "queues.unloaded",
        "workflows.problems_gone",
        "workflows.problems_reported",
        "workflows.task_failed",
    },
    "failing_workflows": {"workflows.task_failed", "workflows.problems_reported", "workflows.task_gone"},
    "idle": set(),
    "no_workers": {"calls.context_canceled", "persistence.update_failed", "queues.task_failed", "queues.unloaded"},
    "overloaded": set(),
    "persistence_unavailable": {
        "calls.failed",
        "calls.history_failed",
        "persistence.database_locked",
        "persistence.internal_error",
        "persistence.operation_failed",
        "persistence.update_failed",
        "queues.progress_not_stored",
        "queues.reader_failed",
        "queues.state_not_stored",
        "queues.task_failed",
        "shards.acquire_failed",
        "shards.acquired",
        "shards.range_updated",
        "shards.status_unknown",
    },
    "rate_limited": {"limits.poll_failed", "limits.requests"},
    "recovering": {"queues.loaded"},
    "saturated_host": {
        "calls.context_canceled",
        "calls.deadline_exceeded",
        "calls.history_failed",
        "calls.slow",
        "persistence.operation_failed",
        "persistence.update_failed",
        "queues.task_failed",
    },
    "server_paused_then_resumed": {
        "calls.deadline_exceeded",
        "calls.failed",
        "persistence.internal_error",
        "persistence.rollback_failed",
        "persistence.update_failed",
        "queues.reader_failed",
        "queues.task_failed",
        "shards.acquired",
        "shards.range_updated",
        "shards.status_unknown",
    },
    "slots_exhausted": set(),
    "slow_persistence": {"persistence.database_locked", "persistence.internal_error"},
    "steady": set(),
}

# Lines that one server by itself, on a database of its own, cannot be made to write.
SPOKEN = {
    "persistence.connection_lost": "write tcp: connection reset by peer",
    "shards.released": "shard released",
    "shards.ownership": "Shard ownership lost",
    "queues.no_poller": "no poller for task queue",
    "calls.connection_refused": "dial tcp 127.0.0.1:7234: connect: connection refused",
    "calls.panic": "Panic is captured",
    "limits.busy_workflow": "Workflow is busy.",
    "membership.joined": "member joined",
    "membership.left": "member left",
    "membership.changed": "Current reachable members",
    "membership.cluster_named": "Cluster Metadata config is not a valid uuid. Generating a new Cluster Id",
    "membership.no_hosts": "Not enough hosts to serve the request",
    "dsql.conflict": "change conflicts with another transaction, please retry: (OC000) (SQLSTATE 40001)",
    "dsql.schema_changed": "schema has been updated by another transaction: (OC001)",
    "dsql.connection_quota": "FATAL: too many connections (SQLSTATE 53300)",
    "dsql.connection_rate": "connection rate limit exceeded (SQLSTATE 53400)",
    "dsql.transaction_limit": "transaction row limit exceeded (SQLSTATE 54000)",
    "dsql.access_denied": "FATAL: unable to accept connection, access denied",
    "dsql.reservoir_discard": "reservoir discard: lifetime ends",
    "dsql.pool_exhausted": "pool exhausted",
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_real_server_writes_these_in_each_situation(situation: str) -> None:
    summary = summary_of(recorded_lines(situation))
    assert {row.key for row in summary.patterns} == FOUND[situation]
    # Everything that the recordings show at warning or above is known.
    assert summary.unmatched == 0


def test_every_pattern_is_found_somewhere() -> None:
    found = set().union(*FOUND.values()) | SPOKEN.keys()
    assert found == {pattern.key for pattern in BUILT_IN}
    for key, message in SPOKEN.items():
        assert key in {row.key for row in summary_of([LogLine(SINCE, "", "info", message)]).patterns}


@pytest.mark.parametrize("pattern", BUILT_IN, ids=lambda pattern: pattern.key)
def test_a_pattern_says_what_it_means_and_explains_signals_that_exist(pattern: LogPattern) -> None:
    signals = {signal.key for signal in (*SIGNALS, *DSQL_SIGNALS)}
    assert set(pattern.supports) <= signals
    assert len(set(pattern.supports)) == len(pattern.supports)
    assert set(pattern.services) <= {service.key for service in SERVICES} | {"worker"}
    for words in (pattern.means, pattern.remedy):
        assert words.endswith(".")
        assert words[0].isupper()


def test_keys_are_unique_and_silences_speak_of_causes() -> None:
    keys = [pattern.key for pattern in BUILT_IN]
    assert len(set(keys)) == len(keys)
    assert {silence.cause for parser in (TEMPORAL, DSQL) for silence in parser.silences} <= {c.key for c in CAUSES}


def test_a_line_about_a_failing_workflow_task_names_whatever_shows_that_applications_fail() -> None:
    """Without it a status would say that no line names the cause, while one does."""
    [failed] = [pattern for pattern in BUILT_IN if pattern.key == "workflows.task_failed"]
    [cause] = [cause for cause in CAUSES if cause.key == "application_failures"]
    leading = {gate.signal for gate in GATES if gate.key in cause.any_of}
    assert {"workflows.success_share", "workflows.task_failure_share"} <= leading
    assert leading <= set(failed.supports)


def test_every_line_about_failing_operations_of_the_database_also_speaks_of_its_writes() -> None:
    """What tries again reads, and reads succeed: often the gates on writes are the only ones that fire."""
    both = {"persistence.error_share", "persistence.write_error_share"}
    assert [pattern.key for pattern in BUILT_IN if len(both & set(pattern.supports)) == 1] == []


def test_nothing_is_blamed_on_callers_that_gave_up() -> None:
    [given_up] = [pattern for pattern in BUILT_IN if pattern.contains == "context canceled"]
    assert given_up.supports == ()


def test_a_request_limit_is_not_taken_for_a_connection_limit() -> None:
    summary = summary_of([LogLine(SINCE, "worker", "warn", "namespace rate limit exceeded")])
    assert [row.key for row in summary.patterns] == ["limits.requests"]


def test_a_line_of_another_service_is_not_counted_and_one_of_nobody_is() -> None:
    patterns = PatternSet([LogPattern("a.b", contains="shard acquired", services=("history",))])
    assert patterns.known("Shard Acquired", "history") == (0,)
    assert patterns.known("shard acquired", "") == (0,)
    assert patterns.known("shard acquired", "frontend") == ()


WORDS = st.lists(st.sampled_from(["no poll", "er", "ab", "b", "aba", "OC0", "00", " ", "Shard", "\n"]), max_size=8)


@given(
    st.lists(st.sampled_from(["no poller", "ab", "aba", "bab", "b", "shard", "oc000"]), unique=True, max_size=5),
    st.lists(st.sampled_from([r"\boc\d+", "ab(?:a|b)+", "shard|poller", "[ab]{3}", "(?i)no.poller?"]), unique=True),
    WORDS.map("".join),
)
def test_one_scan_finds_what_each_pattern_by_itself_finds(
    literals: list[str], expressions: list[str], text: str
) -> None:
    patterns = [LogPattern(f"l.{at}", contains=literal) for at, literal in enumerate(literals)]
    patterns += [LogPattern(f"e.{at}", expression=expression) for at, expression in enumerate(expressions)]
    alone = tuple(
        at
        for at, pattern in enumerate(patterns)
        if (
            pattern.contains in text.lower()
            if pattern.contains
            else re.search(pattern.expression, text, re.ASCII | re.IGNORECASE)
        )
    )
    assert PatternSet(patterns).known(text, "") == alone


@pytest.mark.parametrize(
    ("expression", "literals"),
    [
        ("persistent (?:store|fetch) operation failure", (" operation failure",)),
        ("shard released|close shard", ("shard released", "close shard")),
        (r"no pollers?\b", ("no poller",)),
        (r"shards? is (?:a|b)", ("shard",)),
        (r"a|deadline", ()),
        (r"[xy]|deadline", ()),
        (r"size\.max [\]x]+ over", ("size.max ",)),
        (r"\d+\w*", ()),
    ],
)
def test_literals_that_a_match_must_contain(expression: str, literals: tuple[str, ...]) -> None:
    assert required_literals(expression) == literals


@pytest.mark.parametrize(
    "expression",
    [
        r"a(?=b)",
        r"a(?!b)",
        r"(?<=a)b",
        r"(?<!a)b",
        r"(a)\1",
        r"(?P<x>a)(?P=x)",
        r"(?>a+)b",
        r"a++b",
        r"a*+b",
        r"a{2,3}+b",
        r"a(?#note)",
        r"(a)?(?(1)b|c)",
        r"ab\Z",
        r"\u0041bc",
        r"(?x)a b",
        r"a{1,1001}",
        r"(unclosed",
        r"a*",
        r"a|",
    ],
)
def test_an_expression_that_a_log_server_does_not_know_is_refused(expression: str) -> None:
    with pytest.raises(DeclarationError, match=r"log pattern 'x\.y': "):
        LogPattern("x.y", expression=expression)


@pytest.mark.parametrize(
    "expression",
    [r"a[(?=]b", r"a\(\?=b", r"(?i)abc", r"(?i:a)b", r"(?P<x>a)b", r"a+?b", r"[]+]+a", r"a{1,1000}", r"[^]]b+"],
)
def test_an_expression_that_both_know_is_accepted(expression: str) -> None:
    assert LogPattern("x.y", expression=expression).expression == expression
