"""A ruleset, and what is different between two, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sre_copilot.health.differences import RuleChange
from sre_copilot.health.encoding import digest, to_json
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sentences import quantity
from sre_copilot_hookspecs import Band, Cause, Gate, Level, Threshold


def document_of(ruleset: Ruleset, band: Band | None) -> dict[str, Any]:
    """The whole ruleset with its digest; of one band, gates have their number beside them."""
    document: dict[str, Any] = {"digest": digest(ruleset), **json.loads(to_json(ruleset))}
    if band is None:
        return document
    thresholds = {threshold.key: threshold for threshold in ruleset.thresholds}
    document["band"] = band.value
    for gate in document["gates"]:
        gate["threshold_value"] = thresholds[gate["threshold"]].at(band)
        gate["unit"] = thresholds[gate["threshold"]].unit.value
    return document


def lines_of(ruleset: Ruleset, band: Band | None) -> Iterator[str]:
    """The ruleset for a person."""
    bands = (band,) if band is not None else tuple(Band)
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
            heading = ("gate", "fires", *(each.value for each in bands), "unless")
            yield from _aligned([heading, *(_gate(gate, thresholds, bands) for gate in gates)])
    yield ""
    yield "causes, the most specific first"
    causes = sorted(ruleset.causes, key=lambda cause: (-cause.rank, cause.key))
    yield from _aligned([("cause", "rank", "evidence"), *(_cause(cause) for cause in causes)])
    yield ""
    yield "limits"
    yield from _limits(ruleset)


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


def _gate(gate: Gate, thresholds: dict[str, Threshold], bands: Sequence[Band]) -> tuple[str, ...]:
    threshold = thresholds[gate.threshold]
    recovery = f", ends past {gate.recovery:g} times it" if gate.recovery is not None else ""
    conditions = [f"{each.signal} is not {each.direction.value} {each.threshold}" for each in gate.when]
    rests = [f"the cluster is {mode.value}" for mode in gate.rests_in]
    return (
        gate.key,
        f"{gate.signal} {gate.direction.value} {gate.threshold}{recovery}",
        *(quantity(threshold.at(band), threshold.unit) for band in bands),
        "; ".join((*conditions, *rests)),
    )


def _cause(cause: Cause) -> tuple[str, ...]:
    parts = [*cause.requires]
    if cause.any_of:
        parts.append(f"one of {', '.join(cause.any_of)}")
    if cause.unless:
        parts.append(f"none of {', '.join(cause.unless)}")
    return cause.key, str(cause.rank), "; ".join(parts)


def _limits(ruleset: Ruleset) -> Iterator[str]:
    patience = ruleset.patience
    yield f"  Critical after {patience.critical} cycles of a fired critical gate; only primary signals may carry one."
    yield f"  Findings of amplifiers lead to Stressed at most, after {patience.pressure} cycles."
    yield f"  Happy after {patience.calm} calm cycles; blind for {patience.blind} cycles is Stressed."
    yield f"  Blind below {ruleset.visibility.blind_below:.0%} of the primary signals."
    yield f"  {len(ruleset.signals)} signals, {len(ruleset.services)} services, {len(ruleset.thresholds)} thresholds."
    for rule in ruleset.worker_rules:
        yield f"  {rule.key}: {rule.says}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()


def change_document(change: RuleChange) -> dict[str, Any]:
    """One difference as JSON has it."""
    fields = [{"field": name, "first": first, "second": second} for name, first, second in change.fields]
    return {"kind": change.kind, "key": change.key, "change": change.change, "fields": fields}


def change_lines(change: RuleChange) -> Iterator[str]:
    """One difference for a person."""
    yield f"{change.kind} {change.key}: {change.change}" if change.kind != change.key else f"{change.kind} changed"
    for name, first, second in change.fields:
        yield f"  {name}: {_said(first)} -> {_said(second)}"


def _said(value: object) -> str:
    if value is None:
        return "not there"
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
