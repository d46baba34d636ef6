"""One reading of a cluster from several sources at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from whenever import Instant

from sre_copilot.health.observation import Problem
from sre_copilot.observe.asking import Answer, Asked, Samples
from sre_copilot_hookspecs import Missing, MissingReason, Sample, Signal

ELSEWHERE = (MissingReason.UNREACHABLE, MissingReason.NOT_EMITTED)
"""Reasons for which another source may know better."""

FIRST_SHARE = 2 / 3
"""Share of the time left that a source gets while there is another one to fall back to."""


async def read(
    asked: Sequence[Asked], signals: Sequence[Signal], at: Instant, seconds: float
) -> tuple[Samples, list[Problem]]:
    """Every signal with a sample or a reason, after ``seconds`` at the latest.

    :param asked: in order of preference. A signal with a probe goes to the source of that key; one with a
        measure to the first that reads expressions, and what that one cannot reach or has not to the next.
    """
    expressions = tuple(signal for signal in signals if signal.measure is not None)
    readers = [source for source in asked if source.reads_expressions]
    waiting = []
    for source in asked:
        probes = tuple(signal for signal in signals if signal.probe == source.key)
        if readers and source is readers[0]:
            # Asked all at once, so that it has to look only once.
            waiting.append(_with_fallback(readers, expressions, probes, at, seconds))
        elif probes:
            waiting.append(source.read(at, probes, seconds))
    samples: Samples = {signal.key: _nobody(signal) for signal in signals}
    problems: list[Problem] = []
    for answer in await asyncio.gather(*waiting):
        samples.update(answer.samples)
        problems.extend(answer.problems)
    return samples, problems


async def _with_fallback(
    readers: Sequence[Asked],
    expressions: tuple[Signal, ...],
    probes: tuple[Signal, ...],
    at: Instant,
    seconds: float,
) -> Answer:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    samples: Samples = {}
    problems: list[Problem] = []
    wanted = (*expressions, *probes)
    for position, source in enumerate(readers):
        left = until - loop.time()
        if not wanted or (position and left <= 0):
            break
        is_last = source is readers[-1]
        answer = await source.read(at, wanted, left if is_last else left * FIRST_SHARE)
        problems.extend(answer.problems)
        for key, found in answer.samples.items():
            if key not in samples or _knows_better(found):
                samples[key] = found
        wanted = tuple(signal for signal in expressions if not _knows_better(samples[signal.key]))
    return Answer(samples, tuple(problems))


def _knows_better(found: Sample | Missing) -> bool:
    """Whether an answer is worth having where an earlier source had none, or closes the question."""
    return isinstance(found, Sample) or found.reason not in ELSEWHERE


def _nobody(signal: Signal) -> Missing:
    """What stays of a signal that nobody was asked about."""
    if signal.probe is not None:
        return Missing(MissingReason.NOT_EMITTED, f"No source {signal.probe!r} is there to probe it.")
    return Missing(MissingReason.NOT_EMITTED, "No source of this cluster reads metric expressions.")
