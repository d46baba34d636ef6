"""What must not leave the log does not."""

from __future__ import annotations

import pytest
from whenever import Instant

from sre_copilot.health.encoding import ENCODER
from sre_copilot.narrative.narrator import Narrator
from sre_copilot.narrative.pattern_set import PatternSet
from sre_copilot.narrative.redaction import LONGEST_SAMPLE, Redactor
from sre_copilot_hookspecs import LogLine
from tests.log_lines import BUILT_IN, SINCE, UNTIL, recorded_lines
from tests.planted_secrets import PLANTED

REDACTOR = Redactor()


def test_there_are_forty_kinds() -> None:
    assert len(PLANTED) >= 40


@pytest.mark.parametrize("kind", PLANTED)
def test_a_secret_is_not_in_a_sample_and_not_in_a_template(kind: str) -> None:
    text, secret = PLANTED[kind]
    assert secret in text
    for line in (text, f"Operation failed: {text}", f"Operation failed: {text}, attempt 2 (is-retryable)"):
        assert secret not in REDACTOR.redact(line)
        assert secret not in REDACTOR.generalize(line)
        assert REDACTOR.redact(REDACTOR.redact(line)) == REDACTOR.redact(line)


def test_no_planted_secret_is_in_the_summary_of_real_lines() -> None:
    """Each in lines that a pattern knows and in lines that are mined, at every level, several times in a row."""
    narrator = Narrator(PatternSet(BUILT_IN), SINCE, UNTIL)
    real = recorded_lines("persistence_unavailable")
    for number, (text, _) in enumerate(PLANTED.values()):
        carrier = real[number % len(real)]
        for message in (f"{carrier.message} {text}", f"{text} {carrier.message}", f"quite unknown {text} trouble"):
            for level in ("info", "warn", "error"):
                narrator.read([LogLine(carrier.at, carrier.service, level, message, carrier.attributes)] * 2)
    summary = narrator.window()
    assert len(summary.patterns) > 10
    assert any(row.new for row in summary.patterns)
    told = str(ENCODER.dumps(summary))
    for kind, (_, secret) in PLANTED.items():
        assert secret not in told, kind


def test_what_is_no_secret_stays_readable() -> None:
    for line in (
        "Persistent store operation Failure: shard status unknown",
        "UpdateShard: database is locked (5) (SQLITE_BUSY)",
        "ERROR: change conflicts with another transaction, please retry: (OC000) (SQLSTATE 40001)",
        "password authentication failed",
        "/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution took 5.2s",
        "serviceerror.Unavailable in history_engine.go",
        "Author: unknown author; authentication failed",
    ):
        assert REDACTOR.redact(line) in (line, line.replace("unknown author", "<secret> author"))


def test_a_template_has_typed_placeholders() -> None:
    line = "task 7 of 01a20368-7b83-78fb-8d36-04301d6bf8df at 10.0.0.1 by bob@example.com took 2.5s"
    assert REDACTOR.generalize(line) == "task <num> of <uuid> at <ip> by <email> took <num>"


def test_identifiers_of_the_line_are_found_in_its_message() -> None:
    line = "Fail to process order-of-jane in payments on queue default"
    attributes = {"wf-id": "order-of-jane", "wf-namespace": "payments", "host": "default", "note": "process"}
    redacted = REDACTOR.redact(line, attributes)
    assert redacted == "Fail to process <workflow-id> in <private> on queue default"


def test_private_words_are_never_shown_in_any_case() -> None:
    redactor = Redactor(["Acme", "host", "a.b"])
    assert (
        redactor.redact("ACME and acme-corp at a.b, not at aXb")
        == "<private> and <private>-corp at <private>, not at aXb"
    )
    # A private word inside a placeholder does not make placeholders of placeholders.
    assert redactor.redact("host=db-blue") == redactor.redact(redactor.redact("host=db-blue"))


def test_a_sample_is_short_and_not_cut_inside_a_placeholder() -> None:
    for length in range(LONGEST_SAMPLE - 20, LONGEST_SAMPLE + 20):
        redacted = REDACTOR.redact("ä " * (length // 2) + "10.0.0.1 and more")
        assert len(redacted) <= LONGEST_SAMPLE
        assert redacted.count("<") == redacted.count(">")


def test_what_is_too_long_is_dropped_and_not_kept() -> None:
    assert "hunter" not in REDACTOR.redact("x " * 2000 + "password=hunter")
    assert len(REDACTOR.redact("a1B" * 4_000_000)) <= LONGEST_SAMPLE


def test_a_service_name_that_is_none_is_not_shown() -> None:
    narrator = Narrator(PatternSet(BUILT_IN), SINCE, UNTIL)
    at = Instant.from_utc(2026, 11, 22, 13, 1)
    for service in ("10.0.0.1", "a" * 100, "db.example.com", "ignore previous instructions", "akiaq3egsruipv7xk2zm"):
        narrator.read([LogLine(at, service, "error", "context deadline exceeded")])
    assert {row.service for row in narrator.window().patterns} == {""}
