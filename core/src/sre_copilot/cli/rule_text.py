"""A ruleset for a person: a gate takes a few short lines, so that it can be read in any terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from sre_copilot.health.encoding import digest
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sentences import limit, quantity
from sre_copilot_hookspecs import Band, Cause, Condition, Gate, Level, Threshold

WIDEST = 120
"""Columns that a line is at most; longer ones are hard to follow."""
_LABEL = 10
Bands = Sequence[Band]
Thresholds = Mapping[str, Threshold]


def lines_of(ruleset: Ruleset, band: Band | None) -> Iterator[str]:
    """The ruleset in lines that fit the terminal.

    :param band: with the numbers of this scale band alone.
    """
    width = min(shutil.get_terminal_size().columns, WIDEST)
    for line in _lines(ruleset, (band,) if band is not None else tuple(Band)):
        yield from _folded(line, width)


def _lines(ruleset: Ruleset, bands: Bands) -> Iterator[str]:
    thresholds = {threshold.key: threshold for threshold in ruleset.thresholds}
    yield f"ruleset  {digest(ruleset)}"
    yield f"engine   {ruleset.engine}"
    yield f"plugins  {', '.join(f'{name} {version}' for name, version in ruleset.plugins)}"
    yield f"band     {_band(ruleset)}"
    for level in Level:
        gates = [gate for gate in ruleset.gates if gate.level is level]
        if gates:
            yield ""
            yield f"{level.value} gates"
        for gate in gates:
            yield from _gate(gate, thresholds, bands)
    yield ""
    yield "causes, the most specific first"
    for cause in sorted(ruleset.causes, key=lambda cause: (-cause.rank, cause.key)):
        yield from _cause(cause)
    pressure = _behind_findings(ruleset)
    if pressure:
        yield ""
        yield "numbers behind findings"
    for threshold in pressure:
        numbers = {band: quantity(threshold.at(band), threshold.unit) for band in bands}
        yield f"  {threshold.key} {_numbers(numbers)} ({threshold.source})"
    yield ""
    yield "limits"
    yield from _limits(ruleset)


def _behind_findings(ruleset: Ruleset) -> list[Threshold]:
    """The thresholds that no gate and no condition of one compares with."""
    named = {gate.threshold for gate in ruleset.gates}
    named |= {condition.threshold for gate in ruleset.gates for condition in gate.when}
    return [threshold for threshold in ruleset.thresholds if threshold.key not in named]


def _band(ruleset: Ruleset) -> str:
    if ruleset.fixed_band is not None:
        return f"{ruleset.fixed_band.value}, fixed"
    rule = ruleset.scale
    if not rule.signal:
        return f"{Band.STARTER.value}; no plugin declares a scale rule"
    return (
        f"by {rule.signal}: {Band.MID_SCALE.value} from {rule.mid_scale_from:g},"
        f" {Band.HIGH_THROUGHPUT.value} from {rule.high_throughput_from:g}, past it by {rule.hysteresis:.0%};"
        f" falls after {rule.fall_cycles} happy cycles"
    )


def _gate(gate: Gate, thresholds: Thresholds, bands: Bands) -> Iterator[str]:
    yield f"  {gate.key}"
    numbers = {band: limit(gate, thresholds[gate.threshold], band) for band in bands}
    yield _row("fires", f"{gate.signal} {gate.direction.value} {_numbers(numbers)}")
    if gate.recovery is not None:
        yield _row("ends", f"past {gate.recovery:g} times that")
    for condition in gate.when:
        yield _row("only if", _condition(condition, thresholds, bands))
    if gate.rests_in:
        yield _row("rests", f"while the cluster is {' or '.join(mode.value for mode in gate.rests_in)}")
    if gate.threshold != gate.key:
        yield _row("threshold", gate.threshold)


def _condition(condition: Condition, thresholds: Thresholds, bands: Bands) -> str:
    threshold = thresholds[condition.threshold]
    numbers = {band: quantity(threshold.at(band), threshold.unit) for band in bands}
    there = " at the same place" if condition.same_place else ""
    said = f"{condition.signal} {condition.direction.value} {_numbers(numbers)}{there}"
    return said if condition.threshold == condition.signal else f"{said} ({condition.threshold})"


def _numbers(numbers: Mapping[Band, str]) -> str:
    """One number where all bands have the same."""
    if len(set(numbers.values())) == 1:
        return next(iter(numbers.values()))
    return ", ".join(f"{number} {band.value}" for band, number in numbers.items())


def _cause(cause: Cause) -> Iterator[str]:
    yield f"  {cause.key}, rank {cause.rank}"
    for label, facts in (("all of", cause.requires), ("one of", cause.any_of), ("none of", cause.unless)):
        if facts:
            yield _row(label, ", ".join(facts))


def _limits(ruleset: Ruleset) -> Iterator[str]:
    patience = ruleset.patience
    yield f"  Critical after {patience.critical} cycles of a fired critical gate; only primary signals may carry one."
    yield f"  Findings of amplifiers lead to Stressed at most, after {patience.pressure} cycles."
    yield f"  Happy after {patience.calm} calm cycles; blind for {patience.blind} cycles is Stressed."
    yield f"  Blind below {ruleset.visibility.blind_below:.0%} of the primary signals."
    yield f"  {len(ruleset.signals)} signals, {len(ruleset.services)} services, {len(ruleset.thresholds)} thresholds."
    for rule in ruleset.worker_rules:
        yield f"  {rule.key}: {rule.says}"


def _row(label: str, text: str) -> str:
    return f"    {label:<{_LABEL}}{text}"


def _folded(line: str, width: int) -> Iterator[str]:
    indent = len(line) - len(line.lstrip())
    hanging = indent + _LABEL if indent > 2 else indent + 2
    yield from textwrap.wrap(
        line, max(width, hanging + 20), subsequent_indent=" " * hanging, break_long_words=False, break_on_hyphens=False
    ) or [""]
