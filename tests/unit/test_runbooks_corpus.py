"""The copilot's own guides, held against what the plugins declare."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations

import pytest
from whenever import Instant

from sre_copilot.assess.retrieval import question, retrieve
from sre_copilot.explain.status import FindingRow, GateRow, StatusDocument
from sre_copilot.health.declarations import Declarations
from sre_copilot.plugins.manager import Manager
from sre_copilot_dsql import limits
from sre_copilot_hookspecs import Cause, Document
from sre_copilot_runbooks.library import GUIDES, Shelf, stock
from sre_copilot_runbooks.passages import sections
from sre_copilot_runbooks.retriever import RunbookRetriever

SHELF = Shelf(GUIDES, "guides")
DOCUMENTS = stock([SHELF]).documents
RETRIEVER = RunbookRetriever([SHELF])
WORDS = range(150, 351)
MINUTE, MEBIBYTE = 60, 1024 * 1024

DECLARED_NUMBERS = (
    f"{limits.CONNECTIONS:,} connections",
    f"{limits.CONNECTION_RATE:,} new connections a second",
    f"{limits.CONNECTION_BURST:,} connections",
    f"{limits.CONNECTION_SECONDS // MINUTE} minutes old",
    f"{limits.TRANSACTION_SECONDS // MINUTE} minutes",
    f"{limits.TRANSACTION_ROWS:,} rows",
    f"{limits.TRANSACTION_BYTES // MEBIBYTE} MiB",
    f"{limits.COLUMN_BYTES // MEBIBYTE} MiB",
    f"{limits.TOKEN_SECONDS // MINUTE} minutes",
)
"""The only numbers that guides may tell, as they tell them."""

QUERY_LANGUAGE = re.compile(
    r"_(?:bucket|total|count|sum)\b|\b(?:rate|increase|histogram_quantile|sum|avg|max|min)\s*(?:by\b.*)?\(|\{\w+\s*=|\[\d+[smhd]\]"
)
QUOTED = re.compile(r"`[^`]*`|^ {4,}\S.*$|^```.*?^```", re.MULTILINE | re.DOTALL)


@cache
def declarations() -> Declarations:
    return Manager.load().declarations()


def causes() -> list[Cause]:
    return [entry.value for entry in declarations().causes]


def keys_of(document: Document) -> tuple[str, ...]:
    return sections(document.text, document.source)[0].keys


def body(document: Document) -> str:
    return document.text.split("---\n", 2)[2]


def guides_about(key: str) -> list[str]:
    return [document.source for document in DOCUMENTS if key in keys_of(document)]


def numbers_nobody_declares(text: str) -> list[str]:
    prose = " ".join(QUOTED.sub(" ", text).split())
    for declared in sorted(DECLARED_NUMBERS, key=len, reverse=True):
        prose = re.sub(rf"(?<![\d.,]){re.escape(declared)}\b", " ", prose)
    return re.findall(r"\d[\d.,]*", prose)


@pytest.fixture(params=DOCUMENTS, ids=lambda document: document.source)
def guide(request: pytest.FixtureRequest) -> Document:
    found = request.param
    assert isinstance(found, Document)
    return found


def test_every_cause_and_every_finding_has_exactly_one_guide() -> None:
    keys = [cause.key for cause in causes()] + [entry.value for entry in declarations().findings]
    assert len(keys) > 10
    assert {key: guides_about(key) for key in keys if len(guides_about(key)) != 1} == {}


def test_what_has_no_cause_of_its_own_has_a_guide_too() -> None:
    for subject in ("dsql_limits", "worker_scaling", "sticky_cache", "server_logs"):
        assert len(guides_about(subject)) == 1, subject


def test_no_two_guides_are_about_the_same() -> None:
    seen = Counter(key for document in DOCUMENTS for key in keys_of(document) if not key.startswith("dsql.connection_"))
    assert [key for key, times in seen.items() if times > 1] == []


def test_a_guide_can_be_read_at_night(guide: Document) -> None:
    found = sections(guide.text, guide.source)
    assert len(body(guide).split()) in WORDS
    assert body(guide).startswith("\n# ") or body(guide).startswith("# ")
    assert len(found) >= 4, "it has sections"
    assert len({section.anchor for section in found}) == len(found)


def test_a_guide_tells_what_to_do_and_what_not_to_do(guide: Document) -> None:
    titles = {section.heading.split(" › ")[-1] for section in sections(guide.text, guide.source)}
    if any(key in {cause.key for cause in causes()} for key in keys_of(guide)):
        assert titles >= {
            "What it means",
            "How to tell it from its neighbours",
            "What to do now",
            "What not to do",
            "Afterwards",
        }


def test_a_guide_has_no_numbers_but_declared_ones_and_no_queries(guide: Document) -> None:
    assert numbers_nobody_declares(re.sub(r"^\d+\.", "", body(guide), flags=re.MULTILINE)) == []
    assert QUERY_LANGUAGE.search(guide.text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("up to 3,000 rows and `54000`", []),
        ("up to 10,000 rows", ["10,000"]),
        ("up to 13,000 rows", ["13,000"]),
        ("latency above 0.5 s", ["0.5"]),
        ("up to\n10 MiB and 60 minutes old", []),
        ("60 minutes", ["60"]),
    ],
)
def test_a_number_that_nobody_declares_is_noticed(text: str, found: list[str]) -> None:
    assert numbers_nobody_declares(text) == found


@pytest.mark.parametrize("text", ["rate(x[5m])", "sum by (service) (x)", "x_bucket", 'up{job="temporal"}', "x[5m]"])
def test_a_query_is_noticed(text: str) -> None:
    assert QUERY_LANGUAGE.search(text)


def situations(cause: Cause) -> Iterator[StatusDocument]:
    """The cause as it is decided on any one fact that suffices for it, and on any two."""
    for many in (1, 2):
        for chosen in combinations(cause.any_of, min(many, len(cause.any_of))):
            yield decided(cause, (*cause.requires, *chosen))


def decided(cause: Cause, facts: tuple[str, ...]) -> StatusDocument:
    evaluators = {entry.value for entry in declarations().findings}
    sentences = {entry.value.key: entry.value for entry in declarations().gates}
    fired = [sentences[key] for key in facts if key in sentences]
    gates = [GateRow(gate.key, gate.level.value, "fired", gate.signal, "", 1.0, 1.0, 0.0, gate.says) for gate in fired]
    # What a finding says is written by its evaluator from figures; its key has the words of it.
    findings = [
        FindingRow(key, "pressure", cause.service, re.sub(r"[._]", " ", key), "") for key in facts if key in evaluators
    ]
    at = Instant.from_utc(2026, 3, 1)
    return StatusDocument(
        id="1",
        cluster="prod",
        health_state="stressed",
        since=at,
        cause=cause.name,
        reason="",
        observed_at=at,
        band="starter",
        mode="normal",
        bottleneck="unknown",
        visibility=1.0,
        confidence=1.0,
        critical_cycles=0,
        debounce=3,
        ruleset="",
        cycle_seconds=30.0,
        primary_signals=(),
        amplifiers=(),
        gates=tuple(gates),
        services=(),
        findings=tuple(findings),
        cause_says=cause.says,
    )


@pytest.mark.parametrize("cause", causes(), ids=lambda cause: cause.key)
def test_the_guide_of_a_cause_is_found_first_whatever_it_was_concluded_from(cause: Cause) -> None:
    (wanted,) = guides_about(cause.key)
    for situation in situations(cause):
        asked = question(situation)
        found = asyncio.run(retrieve([RETRIEVER], asked, deadline=10))
        assert not found.problems
        ranked = list(dict.fromkeys(passage.source for passage in found.passages))
        assert wanted in ranked[:2], asked
    plain = asyncio.run(retrieve([RETRIEVER], question(decided(cause, ())), deadline=10))
    assert plain.passages[0].source == wanted


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("database connections run out", "connections-exhausted"),
        ("queries are slow in the database", "persistence-slow"),
        ("why do workflows fail", "application-failures"),
        ("cannot reach frontend", "frontend-unreachable"),
        ("too many retries", "task-retries"),
        ("history cache evictions", "history-cache"),
        ("pods keep restarting", "deploy-churn"),
        ("rate limited resource exhausted", "throttled"),
        ("when may I scale down workers", "worker-scaling"),
        ("limits of DSQL for transactions", "dsql-limits"),
    ],
)
def test_a_question_in_plain_words_finds_its_guide(asked: str, wanted: str) -> None:
    found = asyncio.run(RETRIEVER.search(asked, limit=1))
    assert [passage.source for passage in found] == [f"guides/{wanted}.md"]


def test_passages_say_who_found_them_and_where() -> None:
    found = asyncio.run(retrieve([RETRIEVER], "no workers", deadline=10))
    assert {passage.retriever for passage in found.passages} == {"runbooks"}
    assert all(passage.anchor for passage in found.passages)
