"""What must be true of a ruleset before it may decide anything."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import attrs

from sre_copilot.health.causes import BLIND, FACTS
from sre_copilot.health.declarations import Declarations, Declared
from sre_copilot.health.ruleset import OPERATOR, Patience, Ruleset, SignalRule, Visibility
from sre_copilot.health.sentences import unknown_fields
from sre_copilot_hookspecs import Band, Category, Direction, Gate, Level, Threshold, Unit


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


@attrs.frozen
class _Known:
    signals: Mapping[str, SignalRule]
    thresholds: Mapping[str, Threshold]
    facts: frozenset[str]


def check(ruleset: Ruleset, declarations: Declarations) -> list[str]:
    """One sentence for each thing that is wrong, naming the plugin and the key."""
    known = _known(ruleset, frozenset(finding.value for finding in declarations.findings))
    return [*check_judging(ruleset, declarations.gates), *_facts(declarations, known)]


def check_judging(ruleset: Ruleset, gates: Iterable[Declared[Gate]]) -> list[str]:
    """The same for all that the state depends on; causes, services and worker rules may name findings, which only
    plugins know."""
    gates, known = tuple(gates), _known(ruleset, frozenset())
    return [
        *_twice(ruleset),
        *_patience(ruleset.patience),
        *_visibility(ruleset.visibility),
        *_scale_signal(ruleset, known),
        *(f"{_named('gate', entry)}: {wrong}" for entry in gates for wrong in _gate(entry.value, known)),
        *_order(ruleset, known, {entry.value.key: entry.plugin for entry in gates}),
    ]


def _known(ruleset: Ruleset, findings: frozenset[str]) -> _Known:
    gates = frozenset(gate.key for gate in ruleset.gates if gate.level in FACTS)
    return _Known(
        {rule.key: rule for rule in ruleset.signals},
        {threshold.key: threshold for threshold in ruleset.thresholds},
        gates | findings | {BLIND},
    )


def _twice(ruleset: Ruleset) -> Iterator[str]:
    """Plugins' declarations are looked through before; a file can still hold a key twice."""
    kinds: tuple[tuple[str, Iterable[_Keyed]], ...] = (
        ("signal", ruleset.signals),
        ("gate", ruleset.gates),
        ("threshold", ruleset.thresholds),
        ("cause", ruleset.causes),
        ("service", ruleset.services),
        ("worker rule", ruleset.worker_rules),
    )
    for what, entries in kinds:
        for key, times in Counter(entry.key for entry in entries).items():
            if times > 1:
                yield f"{what} {key!r} is there {times} times"


def _patience(patience: Patience) -> Iterator[str]:
    for field in attrs.fields(Patience):
        cycles = getattr(patience, field.name)
        # No cycle of pressure or darkness would be enough for Stressed, and nothing could ever be Happy.
        least = 1 if field.name in ("critical", "pressure", "calm", "blind") else 0
        if cycles < least:
            yield f"patience.{field.name} is {cycles}; it must be {least} cycle or more"


def _visibility(visibility: Visibility) -> Iterator[str]:
    # Comparisons are written so that NaN fails them.
    if not 0 < visibility.blind_below <= 1:
        yield f"visibility.blind_below is {visibility.blind_below:g}; it must be a share above 0 and up to 1"
    if not 0 < visibility.stale_after < math.inf:
        yield f"visibility.stale_after is {visibility.stale_after:g}; it must be seconds above 0"


def _named(what: str, entry: Declared[Gate]) -> str:
    return f"plugin {entry.plugin!r}, {what} {entry.value.key!r}"


def _scale_signal(ruleset: Ruleset, known: _Known) -> Iterator[str]:
    for signal in (ruleset.scale.signal, ruleset.scale.demand):
        if signal and signal not in known.signals:
            yield f"the scale rule reads signal {signal!r}, which no plugin declares"


def _gate(gate: Gate, known: _Known) -> Iterator[str]:
    yield from _comparison(gate.signal, gate.threshold, known, relative=gate.relative)
    for condition in gate.when:
        yield from _comparison(condition.signal, condition.threshold, known)
    rule = known.signals.get(gate.signal)
    if rule is not None and gate.level is Level.CRITICAL and rule.category is not Category.PRIMARY:
        yield (
            f"it would lead to Critical, but its signal {gate.signal!r} is in category {rule.category.value}."
            " Only primary signals may. Make the signal primary or the gate stressed"
        )
    try:
        wrong = unknown_fields(gate.says)
    except ValueError as error:
        yield f"its sentence cannot be filled in: {error}"
        return
    if wrong:
        yield f"its sentence refers to {', '.join(wrong)}; it can name value, threshold and where"


def _comparison(signal: str, threshold: str, known: _Known, *, relative: bool = False) -> Iterator[str]:
    if signal not in known.signals:
        yield f"it reads signal {signal!r}, which no plugin declares"
        return
    if threshold not in known.thresholds:
        yield f"it compares with threshold {threshold!r}, which no plugin declares"
        return
    ours, theirs = known.signals[signal].unit, known.thresholds[threshold].unit
    if relative and theirs is not Unit.RATIO:
        yield f"it compares {signal!r} with its own past, so threshold {threshold!r} has to be a ratio"
    elif not relative and ours is not theirs:
        yield f"it compares {signal!r} in {ours.value} with {threshold!r} in {theirs.value}"


_STRICTER = {Level.HEALTHY: 0, Level.STRESSED: 1, Level.CRITICAL: 2}


def _order(ruleset: Ruleset, known: _Known, owners: Mapping[str, str]) -> Iterator[str]:
    """Healthy no further out than stressed, stressed short of critical, in every band."""
    judged = [gate for gate in ruleset.gates if gate.level in _STRICTER and gate.threshold in known.thresholds]
    for milder in judged:
        for harsher in judged:
            if _comparable(milder, harsher):
                yield from (
                    f"plugin {owners.get(milder.key, '')!r}, gate {milder.key!r}, {wrong}"
                    for wrong in _compare(milder, harsher, known)
                )


def _comparable(milder: Gate, harsher: Gate) -> bool:
    same = milder.signal == harsher.signal and milder.relative == harsher.relative
    same = same and _bad_side(milder) is _bad_side(harsher)
    return same and _STRICTER[milder.level] < _STRICTER[harsher.level]


def _bad_side(gate: Gate) -> Direction:
    if gate.level is not Level.HEALTHY:
        return gate.direction
    return Direction.BELOW if gate.direction is Direction.ABOVE else Direction.ABOVE


def _compare(milder: Gate, harsher: Gate, known: _Known) -> Iterator[str]:
    sign = 1 if harsher.direction is Direction.ABOVE else -1
    may_be_equal = milder.level is Level.HEALTHY
    first, second = known.thresholds[milder.threshold], known.thresholds[harsher.threshold]
    wrong: dict[tuple[float, float], list[str]] = {}
    for band in Band:
        low, high = first.at(band), second.at(band)
        if sign * low > sign * high or (low == high and not may_be_equal):
            wrong.setdefault((low, high), []).append(band.value)
    for (low, high), bands in wrong.items():
        where = "every band" if len(bands) == len(Band) else f"band {' and '.join(bands)}"
        yield (
            f"{where}: threshold {first.key!r} ({_origin(first, milder, low)}) does not come before"
            f" {second.key!r} ({_origin(second, harsher, high)})"
        )


def _origin(threshold: Threshold, gate: Gate, value: float) -> str:
    return f"{value:g}, {OPERATOR}" if threshold.source == OPERATOR else f"{value:g}, gate {gate.key!r}"


def _facts(declarations: Declarations, known: _Known) -> Iterator[str]:
    for cause in declarations.causes:
        named = (*cause.value.requires, *cause.value.any_of, *cause.value.unless, *cause.value.supports)
        yield from _unknown_facts(f"plugin {cause.plugin!r}, cause {cause.value.key!r}", named, known)
        if not cause.value.requires and not cause.value.any_of:
            yield f"plugin {cause.plugin!r}, cause {cause.value.key!r}: it has no evidence, so it would always apply"
    for service in declarations.services:
        owner = f"plugin {service.plugin!r}, service {service.value.key!r}"
        actor = service.value
        yield from _unknown_facts(owner, (*actor.blocked_by, *actor.degraded_by, *actor.pressed_by), known)
        signals = (*actor.needs, *(signal for _, signal, _ in actor.expected_in))
        yield from (
            f"{owner}: it names signal {signal!r}, which no plugin declares"
            for signal in signals
            if signal not in known.signals
        )
    for rule in declarations.worker_rules:
        yield from _unknown_facts(f"plugin {rule.plugin!r}, worker rule {rule.value.key!r}", rule.value.when, known)


def _unknown_facts(owner: str, named: Iterable[str], known: _Known) -> Iterator[str]:
    for fact in named:
        if fact not in known.facts:
            yield f"{owner}: {fact!r} is neither a gate that states a fact nor a finding"
