"""Asks one source, in time, and believes nothing that it cannot have meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

import attrs
from whenever import Instant

from sre_copilot.health.observation import Problem
from sre_copilot.settings.masking import mask_urls
from sre_copilot_hookspecs import (
    Cluster,
    Expr,
    Missing,
    MissingReason,
    Reading,
    ReadRequest,
    Sample,
    Signal,
    SignalSource,
    Spelling,
    SpellsMetrics,
)

T = TypeVar("T")
Samples = dict[str, Sample | Missing]

GRACE = 0.05
"""Share of its time that a source is told less of, so that what it has by then still arrives."""

LONGEST_SAID = 1000
"""Characters of a failure or reason that are kept."""


@attrs.frozen
class Answer:
    """What one source said in one cycle: a sample or a reason for every signal it was asked."""

    samples: Samples
    problems: tuple[Problem, ...] = ()


class Asked:
    """One source, opened for one cluster."""

    def __init__(self, plugin: str, source: SignalSource, cluster: Cluster) -> None:
        """Nothing is called yet."""
        self.key = source.key
        self.reads_expressions = source.reads_expressions
        self.plugin = plugin
        self._source = source
        self._cluster = cluster
        self._opening: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[Reading] | None = None

    async def open(self, seconds: float) -> Problem | None:
        """Open the source, once; later calls wait for, or tell, what became of it."""
        if self._opening is None:
            self._opening = _begin(lambda: self._source.open(self._cluster))
        return await self._opened(seconds)

    async def _opened(self, seconds: float) -> Problem | None:
        assert self._opening is not None
        if not self._opening.done():
            await asyncio.wait({self._opening}, timeout=max(0.0, seconds))
        if not self._opening.done():
            return self._problem("is still being opened")
        error = _error_of(self._opening)
        return None if error is None else self._problem(f"could not be opened: {_told(error)}")

    async def read(self, at: Instant, signals: tuple[Signal, ...], seconds: float) -> Answer:
        """Every signal with a sample or a reason, after ``seconds`` at the latest."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        problem = await self.open(seconds)
        # A source that has not answered the last cycle is not asked again: that would only pile up.
        if problem is None and self._reading is not None and not self._reading.done():
            await asyncio.wait({self._reading}, timeout=max(0.0, until - loop.time()))
            if not self._reading.done():
                problem = self._problem("is still busy with an earlier question")
        if problem is not None:
            return _nothing(signals, problem)
        return await self._read(at, signals, max(0.0, until - loop.time()))

    async def _read(self, at: Instant, signals: tuple[Signal, ...], seconds: float) -> Answer:
        request = ReadRequest(at, self._cluster.name, signals, seconds * (1 - GRACE))
        self._reading = _begin(lambda: self._source.read(request))
        try:
            await asyncio.wait({self._reading}, timeout=seconds)
        finally:
            # Also where the cycle itself is cancelled. Whether the source obeys is not waited for.
            if not self._reading.done():
                self._reading.cancel()
        if not self._reading.done():
            return _nothing(signals, self._problem(f"did not answer within {seconds:.3g} s"))
        error = _error_of(self._reading)
        if error is not None:
            return _nothing(signals, self._problem(f"failed: {_told(error)}"))
        return self._checked(self._reading.result(), signals)

    def _checked(self, reading: object, signals: tuple[Signal, ...]) -> Answer:
        if not isinstance(reading, Reading) or not isinstance(reading.samples, Mapping):
            problem = self._problem(f"answered with {type(reading).__name__} instead of a Reading")
            return _nothing(signals, problem)
        samples: Samples = {}
        silent: list[str] = []
        wrong: list[str] = []
        for signal in signals:
            found: object = reading.samples.get(signal.key)
            if isinstance(found, Missing):
                samples[signal.key] = Missing(found.reason, _bounded(found.detail)) if found.detail else found
                continue
            if isinstance(found, Sample):
                samples[signal.key] = found
                continue
            (silent if found is None else wrong).append(signal.key)
            samples[signal.key] = Missing(MissingReason.NO_DATA, f"Source {self.key} said nothing about it.")
        problems = []
        if silent:
            problems.append(self._problem(f"said nothing about {_some(silent)}"))
        if wrong:
            problems.append(self._problem(f"answered {_some(wrong)} with neither a Sample nor a Missing"))
        return Answer(samples, tuple(problems))

    async def spellings(self, measure: Expr, seconds: float) -> tuple[Spelling, ...]:
        """How the source's targets spell a measure's metrics; nothing where it cannot tell, or not in time."""
        source = self._source
        if not isinstance(source, SpellsMetrics):
            return ()
        asking = _begin(lambda: source.spellings(self._cluster.name, measure))
        await asyncio.wait({asking}, timeout=seconds)
        if not asking.done():
            asking.cancel()
            return ()
        return () if _error_of(asking) is not None else asking.result()

    async def close(self, seconds: float) -> None:
        """Close the source. One that fails or hangs in it is left alone: the process ends anyway."""
        if self._opening is None:
            return
        closing = _begin(self._source.close)
        await asyncio.wait({closing}, timeout=seconds)
        for task in (closing, self._opening, self._reading):
            if task is not None and not task.done():
                task.cancel()

    def _problem(self, says: str) -> Problem:
        return Problem(self.plugin, f"source {self.key}", f"Source {self.key} {says}.")


def _begin(call: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
    async def begun() -> T:
        try:
            return await call()
        except SystemExit as error:
            # A task that ends with it would take the event loop along.
            raise RuntimeError(f"it called sys.exit({error.code})") from error

    task = asyncio.create_task(begun())
    # Retrieved, so that a late failure is not reported a second time when the task is collected.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _error_of(task: asyncio.Task[T]) -> BaseException | None:
    if task.cancelled():
        return asyncio.CancelledError("it cancelled itself")
    return task.exception()


def _told(error: BaseException) -> str:
    text = _bounded(" ".join(str(error).split())).rstrip(".")
    named = type(error).__module__ != "sre_copilot_hookspecs.errors"
    return f"{type(error).__name__}: {text}" if named else text


def _bounded(said: str) -> str:
    """What a source says, without passwords: it is kept with the observation, and errors repeat what was sent."""
    return mask_urls(said if len(said) <= LONGEST_SAID else f"{said[: LONGEST_SAID - 1]}…")


def _nothing(signals: Iterable[Signal], problem: Problem) -> Answer:
    missing = Missing(MissingReason.UNREACHABLE, problem.says)
    return Answer({signal.key: missing for signal in signals}, (problem,))


def _some(keys: list[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= len(keys[:3]) else f"{shown} and {len(keys) - 3} more signals"
