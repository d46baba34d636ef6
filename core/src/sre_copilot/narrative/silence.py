"""What the logs do not say."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sre_copilot.narrative.correlation import Correlated
from sre_copilot_hookspecs import Silence

UNNAMED = "No log line names the cause."


def log_note(
    cause: str,
    facts: Collection[str],
    correlated: Iterable[Correlated],
    silences: Iterable[Silence] = (),
    *,
    problem: str = "",
) -> str:
    """One sentence for who looks for the cause in the log, or nothing where a line names it or there is no cause.

    :param cause: key of the cause, ``none`` where nobody is to blame.
    :param facts: keys of the gates and findings that speak for the cause.
    :param silences: causes that the logs never name, as parsers declare.
    :param problem: why the log could not be read in full.
    """
    if cause in ("", "none"):
        return ""
    # A new template is there at the same time, which nobody has looked into; it names nothing.
    if any(not found.pattern.new and not _names_none(found, facts) for found in correlated):
        return ""
    if problem:
        return f"The log could not be read in full, so it may not name the cause: {problem}"
    declared = next((silence.says for silence in silences if silence.cause == cause), "")
    return f"{UNNAMED} {declared}".strip()


def _names_none(found: Correlated, facts: Collection[str]) -> bool:
    return not any(gate in facts for gate in found.gates)
