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
    if any(not found.pattern.new and names_cause(found.gates, facts) for found in correlated):
        return ""
    if problem:
        return f"The log could not be read in full, so it may not name the cause: {problem}"
    declared = next((silence.says for silence in silences if silence.cause == cause), "")
    return f"{UNNAMED} {declared}".strip()


def names_cause(gates: Iterable[str], facts: Collection[str]) -> bool:
    """Whether lines that accompany these gates say something about a cause that these facts speak for."""
    return any(gate in facts for gate in gates)
