"""A whole demonstration, from the command line to the last process that ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import attrs
from whenever import Instant

from sre_copilot.demo.audience import Audience, JsonLines, PlainLines
from sre_copilot.demo.performance import Performance
from sre_copilot.demo.scenarios import acts
from sre_copilot.demo.stage import set_up
from sre_copilot_hookspecs import CopilotError, Environment, EnvironmentUnavailable

SHORTEST_CYCLE = 1.0
"""Seconds; the embedded server's timers are no finer."""
LONGEST_CYCLE = 60.0
_KEPT_RUNS = 3
"""Folders of earlier runs that are kept for a look at their logs."""

Offer = Callable[[Path], Environment | None]


@attrs.frozen
class Request:
    """What was asked for on the command line."""

    scenario: str | None
    duration: float | None
    cycle: float
    headless: bool
    json: bool
    folder: Path


def produce(request: Request, offer: Offer) -> int:
    """Play the demonstration and leave nothing running. The exit code is 0 unless it was interrupted.

    :param offer: makes the environment that a plugin offers for a folder, if one does.
    :raises CopilotError: for anything that was asked for wrongly or cannot be started.
    """
    programme = acts(request.scenario, request.duration)
    if not SHORTEST_CYCLE <= request.cycle <= LONGEST_CYCLE:
        raise CopilotError(
            f"--cycle {request.cycle:g} is out of range; give {SHORTEST_CYCLE:g} to {LONGEST_CYCLE:g} seconds."
        )
    with (
        _interruptible(),
        _environment(offer, _run_folder(request.folder)) as environment,
        _audience(request) as audience,
    ):
        stage = set_up(environment, cycle=request.cycle, say=audience.says)
        audience.begins(stage)
        Performance(stage, audience).play(programme)
    return 0


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM unwinds like Ctrl-C, so that everything is stopped in order."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    # A shell's background job would ignore it, and somebody who sends it means it.
    keyboard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, keyboard)


@contextlib.contextmanager
def _environment(offer: Offer, folder: Path) -> Iterator[Environment]:
    environment = offer(folder)
    if environment is None:
        raise EnvironmentUnavailable(
            "No plugin offers embedded servers; install sre-copilot-local, or watch a cluster of your own with"
            " sre-copilot up."
        )
    try:
        yield environment
    finally:
        environment.close()


@contextlib.contextmanager
def _audience(request: Request) -> Iterator[Audience]:
    if request.json:
        yield JsonLines()
    elif request.headless or not sys.stdout.isatty():
        yield PlainLines()
    else:
        from rich.console import Console

        from sre_copilot.demo.live_view import LiveView

        with LiveView(Console()) as view:
            yield view


def _run_folder(parent: Path) -> Path:
    """A new folder for this run; the oldest of the earlier ones go."""
    name = f"{Instant.now().format_iso(unit='second').replace(':', '').replace('-', '')}-{os.getpid()}"
    folder = (parent / name).absolute()
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise EnvironmentUnavailable(f"{folder} cannot be made: {error.strerror}; name another --folder.") from None
    earlier = sorted(child for child in folder.parent.iterdir() if child.is_dir() and child != folder)
    for old in earlier[:-_KEPT_RUNS]:
        if not _in_use(old):
            shutil.rmtree(old, ignore_errors=True)
    return folder


def _in_use(folder: Path) -> bool:
    """Whether the process that made a run's folder is still there."""
    owner = folder.name.rpartition("-")[2]
    return owner.isdigit() and Path(f"/proc/{owner}").exists()
