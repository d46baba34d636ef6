"""What happens on the stage, and when."""

from __future__ import annotations

import enum

import attrs

from sre_copilot_hookspecs import CopilotError


@attrs.frozen
class Act:
    """One fault: injected, held for a while, healed, and followed by a pause."""

    fault: str | None
    """``None`` for an act in which nothing breaks."""
    before: float
    """Seconds of calm before it."""
    held: float
    """Seconds it lasts."""
    after: float
    """Seconds to recover in, at least."""


class Scenario(enum.Enum):
    """What can be asked for with ``--scenario``."""

    NO_WORKERS = "no-workers"
    SATURATED_WORKERS = "saturated-workers"
    FAILING_WORKFLOWS = "failing-workflows"
    FAILING_TASKS = "failing-tasks"
    SERVER_PAUSED = "server-paused"
    METRICS_LOST = "metrics-lost"
    STEADY = "steady"


LEAST_DURATION = 10.0
"""Seconds below which nothing could be seen."""
LONGEST_DURATION = 24 * 3600.0
"""Seconds; a day on a wall screen."""
STORY_DURATION = 300.0
"""Seconds of the story that is told when nothing is asked for."""

# Shares of the duration. Half of it is left to recover in: a backlog that took a while to build up takes a
# while to work off.
_CALM, _BROKEN = 0.2, 0.3


def acts(scenario: str | None, duration: float | None) -> tuple[Act, ...]:
    """The acts of a demonstration.

    :param scenario: as in ``--scenario``, or ``None`` for the story through several faults.
    :param duration: seconds in all, counted from the first decision.
    :raises CopilotError: if the scenario is unknown or the duration too short.
    """
    total = STORY_DURATION if duration is None else duration
    if not LEAST_DURATION <= total <= LONGEST_DURATION:
        raise CopilotError(
            f"--duration {total:g} is out of range; give {LEAST_DURATION:g} to {LONGEST_DURATION:g} seconds."
        )
    if scenario is None:
        faults: tuple[str | None, ...] = (
            Scenario.NO_WORKERS.value,
            Scenario.FAILING_WORKFLOWS.value,
            Scenario.SERVER_PAUSED.value,
        )
    elif scenario == Scenario.STEADY.value:
        return (Act(None, total, 0, 0),)
    else:
        faults = (_known(scenario),)
    share = total / len(faults)
    return tuple(Act(fault, _CALM * share, _BROKEN * share, (1 - _CALM - _BROKEN) * share) for fault in faults)


def _known(scenario: str) -> str:
    names = [each.value for each in Scenario]
    if scenario not in names:
        raise CopilotError(f"There is no scenario {scenario!r}; choose one of {', '.join(names)}.")
    return scenario
