"""``sre-copilot demo``: watch the copilot watch a real cluster while it breaks and recovers."""

from __future__ import annotations

from pathlib import Path

from sre_copilot_hookspecs import Environment


def demo(
    *,
    scenario: str | None = None,
    duration: float | None = None,
    cycle: float = 5.0,
    headless: bool = False,
    json: bool = False,
    folder: Path = Path(".demo"),
) -> int:
    """Start a real Temporal cluster with load, break it on purpose, and watch.

    Parameters
    ----------
    scenario
        no-workers, saturated-workers, failing-workflows, failing-tasks, server-paused, metrics-lost or
        steady.
        Without it a short story through several faults is played.
    duration
        Seconds to play, counted from the first decision.
    cycle
        Seconds between two observations.
    headless
        Print plain lines instead of a live view.
    json
        Print JSON lines: every change of state, and a summary as the last line.
    folder
        Where the run's own folder is made.
    """
    from sre_copilot.cli.context import load_manager
    from sre_copilot.demo.production import Request, produce

    manager = load_manager()

    def offer(run: Path) -> Environment | None:
        environment: Environment | None = manager.first("copilot_environments", folder=run)
        return environment

    return produce(Request(scenario, duration, cycle, headless, json, folder), offer)
