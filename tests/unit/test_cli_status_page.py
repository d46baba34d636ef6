"""What ``sre-copilot status`` shows of one cluster, at the width of an ordinary terminal."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from whenever import Instant

from sre_copilot.cli.page_lines import Lines
from sre_copilot.cli.status_page import page
from sre_copilot.explain.present import present
from sre_copilot.explain.status import LogPatternRow, StatusDocument
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot_hookspecs import MissingReason
from tests.rules import BUILTIN, ENGINE, NO_WORKERS, PROBED, STEADY, observe

NOON = Instant.from_utc(2026, 3, 1, 12)
HEALTHY, CRITICAL, BLIND = "healthy", "critical", "blind"
TROUBLE = "matching.dispatch_ratio_critical"
BESIDE = LogPatternRow(
    "workflows.task_failed", "history", "warning", 210, "workflow task failed", NOON, NOON, "Code raised.", "Mend it."
)


def status(kind: str, *patterns: LogPatternRow) -> StatusDocument:
    """A real decision about a cluster of that kind."""
    values = {HEALTHY: STEADY, CRITICAL: NO_WORKERS, BLIND: PROBED}[kind]
    memory, receipt = Memory(), None
    for cycle in range(6):
        observation = observe(values, cycle, missing=MissingReason.UNREACHABLE)
        receipt = Receipt(observation, memory, ENGINE.decide(memory, observation))
        memory = receipt.decision.memory
    assert receipt is not None
    return present(BUILTIN, receipt, cycle_seconds=5.0, log_patterns=patterns)


def _plain(_: object, __: object, value: object) -> object:
    return value.format_iso() if isinstance(value, Instant) else value


def shown(found: StatusDocument, width: int | None = 80, *, whole: bool = False) -> list[str]:
    """The lines that a terminal of that width gets."""
    document: dict[str, Any] = {
        **attrs.asdict(found, value_serializer=_plain),
        "age_seconds": 3.0,
        "degraded": False,
        "last_known_state": None,
    }
    return [line.plain for line in page(document, document.pop("gates"), Lines(width), whole=whole)]


@pytest.mark.parametrize("kind", [HEALTHY, CRITICAL, BLIND])
@pytest.mark.parametrize("whole", [False, True])
def test_no_line_is_wider_than_the_terminal(kind: str, whole: bool) -> None:
    lines = shown(status(kind, attrs.evolve(BESIDE, gates=(TROUBLE,), lag_seconds=9.5)), whole=whole)
    assert max(len(line) for line in lines) <= 80


def test_what_fired_stands_above_what_is_unknown_with_the_log_and_its_lag() -> None:
    lines = shown(status(CRITICAL, attrs.evolve(BESIDE, gates=(TROUBLE,), lag_seconds=9.5)))
    at = lines.index(f"  critical  {TROUBLE}")
    beside = "\n".join(lines[at : at + 6])
    assert "Log, 10 s before: 210 lines of history like 'workflow task failed'." in " ".join(beside.split())
    assert "Code raised. Mend it." in beside
    assert at < next((number for number, line in enumerate(lines) if "gates unknown" in line), len(lines))
    late = shown(status(CRITICAL, attrs.evolve(BESIDE, gates=(TROUBLE,), lag_seconds=-20.5)))
    assert "Log, 20 s after:" in "\n".join(late)


def test_a_line_whose_gate_is_clear_again_is_still_shown_beside_it() -> None:
    """A paused server writes once it goes on."""
    lines = shown(status(HEALTHY, attrs.evolve(BESIDE, gates=("frontend.reachable_critical",), lag_seconds=-30.0)))
    at = lines.index("  frontend.reachable_critical")
    assert "30 s after" in lines[at + 1]


def test_unknown_gates_are_summed_up_by_reason_and_none_is_lost() -> None:
    found = status(BLIND)
    unknown = [row.key for row in found.gates if row.outcome == "unknown"]
    assert len(unknown) > 20
    lines = shown(found)
    assert any(f"{len(unknown)} of {len(found.gates)} gates unknown" in line for line in lines)
    begin = next(at for at, line in enumerate(lines) if "gates unknown" in line)
    block = lines[begin : lines.index("", begin)]
    text = " ".join(" ".join(block).split())
    assert all(key in text for key in unknown)
    assert len([line for line in block if "missing, unreachable" in line]) == 1, "one reason is said once"


def test_all_shows_every_gate_and_signal() -> None:
    found = status(CRITICAL)
    text = " ".join(" ".join(shown(found, whole=True)).split())
    for row in found.gates:
        assert row.key in text
        assert " ".join(row.sentence.split()) in text or row.outcome == "unknown"
    assert "--all" not in text
    assert "--all shows every gate" in " ".join(shown(found))


def test_nothing_is_wrapped_for_a_program() -> None:
    found = status(CRITICAL)
    assert found.reason in shown(found, None)


def test_a_template_cannot_move_the_cursor_or_colour_the_screen() -> None:
    hostile = attrs.evolve(BESIDE, template="\x1b[2J\x1b[1;1Hprod is happy\r\x9b31m", service="history\x1b]0;x\x07")
    text = "\n".join(shown(status(CRITICAL, hostile)))
    assert not {letter for letter in text if not letter.isprintable()} - {"\n"}
