"""Every query that can be sent is one that Grafana's own grammar knows."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_hookspecs import LogPattern
from sre_copilot_loki.logql import LONGEST_QUERY, count_queries, lines_query, sample_query
from tests import javascript_packages

SELECTOR = '{job=~"temporal.+", cluster="a"}'

PATTERNS = (
    LogPattern("deadline", contains="deadline exceeded"),
    LogPattern("conflict", contains="SQLSTATE 40001"),
    LogPattern("quoted", contains='store "history" is down (really?) [1]'),
    LogPattern("backslash", contains="C:\\temp\\n"),
    LogPattern("foreign", contains="Verbindung geschloßen – ende"),
    LogPattern("expression", expression=r"shard \d+ (acquired|released)"),
    LogPattern("everything", contains="".join(map(chr, range(32, 127)))),
)


def refused_by_grafana(queries: Sequence[str]) -> list[str]:
    folder = javascript_packages.folder()
    done = subprocess.run(
        ["node", "logql.mjs"], cwd=folder, input=json.dumps(list(queries)), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    wrong: list[str] = json.loads(done.stdout)
    return wrong


def sendable(patterns: Sequence[LogPattern]) -> list[str]:
    return [
        lines_query(SELECTOR),
        sample_query(SELECTOR, patterns),
        *count_queries(SELECTOR, "service_name", patterns, 30_000),
    ]


@pytest.mark.integration
def test_grafanas_grammar_knows_every_query() -> None:
    awkward = [LogPattern(f"single_{code}", contains=f"x{chr(code)}y") for code in (*range(32, 127), 0x2028, 0x1F600)]
    broken = ["{", '{a="b"} |= ', "sum by (x) (count_over_time({a=~'b'} [5]))", '{a="b"} |~ "\\"']
    queries = [*sendable(PATTERNS), *sendable(awkward), *broken]
    assert refused_by_grafana(queries) == broken


def test_many_patterns_are_counted_in_queries_that_an_address_can_hold() -> None:
    patterns = [LogPattern(f"pattern_{number}", contains=f"some words {number}") for number in range(100)]
    queries = list(count_queries(SELECTOR, "service_name", patterns, 30_000))
    assert all(len(query) <= LONGEST_QUERY for query in queries)
    assert len(queries) < 20
    for pattern in patterns:
        assert sum(query.count(f'"{pattern.key}"') for query in queries) == 1


def test_a_sample_of_too_many_patterns_still_asks_for_trouble() -> None:
    patterns = [LogPattern(f"pattern_{number}", contains=f"some words {number}" * 10) for number in range(200)]
    query = sample_query(SELECTOR, patterns)
    assert len(query) < 2 * LONGEST_QUERY
    assert "warn|error" in query


@given(st.text(min_size=1, max_size=40))
def test_a_literal_is_found_in_the_line_that_holds_it_plain_or_as_json(text: str) -> None:
    (query,) = count_queries(SELECTOR, "service_name", [LogPattern("only", contains=text)], 30_000)
    written = re.search(r'\|~ ("(?:[^"\\]|\\.)*")', query)
    assert written is not None
    expression = re.compile(json.loads(written.group(1)))
    assert expression.search(f"before {text} after")
    assert expression.search(json.dumps({"msg": text}))
