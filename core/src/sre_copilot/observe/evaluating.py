"""Runs amplifier evaluators in threads, and believes no finding that rests on nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Sequence

import attrs

from sre_copilot.health.declarations import Declared
from sre_copilot.health.observation import Problem
from sre_copilot.observe.asking import LONGEST_SAID
from sre_copilot.plugins.deadline import Overrun, call_within
from sre_copilot.plugins.finding import what_happened
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings.masking import mask_urls
from sre_copilot_hookspecs import AmplifierEvaluator, Finding, Findings, Window


@attrs.frozen
class Evaluated:
    """What evaluators found, by key, and which of them could not look."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


def evaluate_now(
    evaluators: Sequence[Declared[AmplifierEvaluator]], window: Window, signals: Collection[str]
) -> tuple[Finding, ...]:
    """What evaluators find, one after the other and without a deadline: for readings of the past.

    One that raises finds nothing, as in the cycle that it would have failed in.
    """
    findings: dict[str, Finding] = {}
    for evaluator in evaluators:
        try:
            found: object = evaluator.value.evaluate(window)
        except Exception:  # noqa: BLE001, S112 - a plugin may raise anything; the others go on
            continue
        if isinstance(found, Findings) and not found.found:
            continue
        for finding in _checked(found, evaluator, signals).findings:
            findings.setdefault(finding.key, finding)
    return tuple(findings[key] for key in sorted(findings))


async def evaluate(manager: Manager, window: Window, signals: Collection[str], seconds: float) -> Evaluated:
    """Run every evaluator at once, each in a thread of its own.

    One that overruns suspends its plugin: its thread cannot be stopped, and another one each cycle would pile
    up. One that raises is named and called again the next time.

    :param signals: keys of all signals, of which evidence may speak.
    """
    evaluators: Sequence[Declared[AmplifierEvaluator]] = manager.collect("copilot_amplifier_evaluators")
    done = await asyncio.gather(*(_evaluate(manager, evaluator, window, signals, seconds) for evaluator in evaluators))
    findings: dict[str, Finding] = {}
    problems = [problem for evaluated in done for problem in evaluated.problems]
    for evaluated in done:
        for finding in evaluated.findings:
            findings.setdefault(finding.key, finding)
    return Evaluated(tuple(findings[key] for key in sorted(findings)), tuple(problems))


async def _evaluate(
    manager: Manager,
    evaluator: Declared[AmplifierEvaluator],
    window: Window,
    signals: Collection[str],
    seconds: float,
) -> Evaluated:
    plugin, value = evaluator.plugin, evaluator.value
    where = f"evaluator {value.key}"
    suspended = manager.suspended(plugin)
    if suspended is not None:
        return Evaluated(problems=(Problem(plugin, where, f"Not called: {suspended}"),))
    try:
        found = await call_within(seconds, lambda: value.evaluate(window), name=where)
        return _checked(found, evaluator, signals)
    except Overrun:
        reason = f"Evaluator {value.key} did not return within {seconds:.3g} s; suspended until restart."
        manager.suspend(plugin, reason)
        return Evaluated(problems=(Problem(plugin, where, reason),))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is named, and the others go on
        says = f"Evaluator {value.key} failed: {mask_urls(what_happened(error))[:LONGEST_SAID]}."
        return Evaluated(problems=(Problem(plugin, where, says),))


def _checked(found: object, evaluator: Declared[AmplifierEvaluator], signals: Collection[str]) -> Evaluated:
    key, where = evaluator.value.key, f"evaluator {evaluator.value.key}"
    if not isinstance(found, Findings):
        says = f"Evaluator {key} returned {type(found).__name__} instead of Findings."
        return Evaluated(problems=(Problem(evaluator.plugin, where, says),))
    complaints = [(finding, _complaint(finding, evaluator.value, signals)) for finding in found.found]
    return Evaluated(
        tuple(finding for finding, complaint in complaints if complaint is None),
        tuple(
            Problem(evaluator.plugin, where, f"Evaluator {key} {complaint}.")
            for _, complaint in complaints
            if complaint is not None
        ),
    )


def _complaint(finding: object, evaluator: AmplifierEvaluator, signals: Collection[str]) -> str | None:
    if not isinstance(finding, Finding):
        return f"returned {type(finding).__name__} as a finding"
    if finding.key not in evaluator.finds:
        return f"found {finding.key}, which it does not say it can find"
    evidence: tuple[tuple[str, object], ...] = finding.evidence
    for signal, value in evidence:
        if signal not in signals:
            return f"found {finding.key} with evidence from {signal}, which is no signal"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"found {finding.key} with {value!r} as the value of {signal}, which is no number"
    return None
