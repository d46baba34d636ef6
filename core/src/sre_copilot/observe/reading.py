"""One reading of a cluster from several sources at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import attrs
from whenever import Instant

from sre_copilot.health.observation import Problem
from sre_copilot.observe.asking import Asked, Samples
from sre_copilot_hookspecs import Missing, MissingReason, Sample, Signal

ELSEWHERE = (MissingReason.UNREACHABLE, MissingReason.NOT_EMITTED)
"""Reasons for which another source may know better."""

FIRST_SHARE = 2 / 3
"""Share of the time left that a source gets while there is another one to fall back to."""


@attrs.frozen
class Found:
    """What one cycle brought in."""

    samples: Samples
    answered: dict[str, str]
    """By signal, the key of the source whose answer it is."""
    problems: tuple[Problem, ...] = ()


async def read(asked: Sequence[Asked], signals: Sequence[Signal], at: Instant, seconds: float) -> Found:
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
            waiting.append(_alone(source, probes, at, seconds))
    samples: Samples = {signal.key: _nobody(signal) for signal in signals}
    answered: dict[str, str] = {}
    problems: list[Problem] = []
    for found in await asyncio.gather(*waiting):
        samples.update(found.samples)
        answered.update(found.answered)
        problems.extend(found.problems)
    return Found(samples, answered, tuple(problems))


async def _alone(source: Asked, probes: tuple[Signal, ...], at: Instant, seconds: float) -> Found:
    answer = await source.read(at, probes, seconds)
    return Found(answer.samples, dict.fromkeys(answer.samples, source.key), answer.problems)


async def _with_fallback(
    readers: Sequence[Asked],
    expressions: tuple[Signal, ...],
    probes: tuple[Signal, ...],
    at: Instant,
    seconds: float,
) -> Found:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    samples: Samples = {}
    answered: dict[str, str] = {}
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
                answered[key] = source.key
        wanted = tuple(signal for signal in expressions if not _knows_better(samples[signal.key]))
    return Found(samples, answered, tuple(problems))


def _knows_better(found: Sample | Missing) -> bool:
    """Whether an answer is worth having where an earlier source had none, or closes the question."""
    return isinstance(found, Sample) or found.reason not in ELSEWHERE


def _nobody(signal: Signal) -> Missing:
    """What stays of a signal that nobody was asked about."""
    if signal.probe is not None:
        return Missing(MissingReason.NOT_EMITTED, f"No source {signal.probe!r} is there to probe it.")
    return Missing(MissingReason.NOT_EMITTED, "No source of this cluster reads metric expressions.")
