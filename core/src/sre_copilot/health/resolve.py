"""From declarations to a ruleset: overrides applied, every name and every order checked, nothing half-right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import attrs

from sre_copilot.health.checks import check
from sre_copilot.health.declarations import Declarations, Declared
from sre_copilot.health.ruleset import OPERATOR, Patience, Ruleset, SignalRule, Visibility
from sre_copilot_hookspecs import Band, DeclarationError, ScaleRule, Threshold, ThresholdProfile
from sre_copilot_hookspecs.nearest import nearest


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


K = TypeVar("K", bound=_Keyed)


def resolve(
    declarations: Declarations,
    *,
    overrides: Mapping[str, float] | None = None,
    band: Band | None = None,
    patience: Patience | None = None,
    visibility: Visibility | None = None,
) -> Ruleset:
    """The ruleset of these declarations.

    :param overrides: threshold keys with the number an operator wants in every band instead.
    :param band: the band of the deployment profile, if there is one.
    :raises DeclarationError: with one line for each thing that is wrong, naming plugin and key.
    """
    problems: list[str] = []
    thresholds = _override(_thresholds(declarations), overrides or {}, problems)
    ruleset = Ruleset(
        signals=tuple(SignalRule.of(signal) for signal in _unique(declarations.signals, "signal", problems)),
        gates=_unique(declarations.gates, "gate", problems),
        thresholds=_unique(thresholds, "threshold", problems),
        causes=_unique(declarations.causes, "cause", problems),
        services=_unique(declarations.services, "service", problems),
        worker_rules=_unique(declarations.worker_rules, "worker rule", problems),
        scale=_scale(declarations.threshold_profiles, problems),
        fixed_band=band,
        patience=patience or Patience(),
        visibility=visibility or Visibility(),
        plugins=tuple(sorted(declarations.plugins)),
    )
    problems += check(ruleset, declarations)
    if problems:
        raise DeclarationError("\n".join(problems))
    return ruleset


def _thresholds(declarations: Declarations) -> list[Declared[Threshold]]:
    return [
        Declared(profile.plugin, threshold)
        for profile in declarations.threshold_profiles
        for threshold in profile.value.thresholds
    ]


def _override(
    thresholds: list[Declared[Threshold]], overrides: Mapping[str, float], problems: list[str]
) -> list[Declared[Threshold]]:
    known = {declared.value.key: declared.plugin for declared in thresholds}
    for key, number in overrides.items():
        if key not in known:
            problems.append(f"override of threshold {key!r}: no plugin declares it{_meant(key, known)}")
        elif not math.isfinite(number):
            problems.append(f"override of threshold {key!r} of plugin {known[key]!r}: {number} is not a finite number")
    return [
        declared
        if declared.value.key not in overrides or not math.isfinite(overrides[declared.value.key])
        else attrs.evolve(declared, value=_at_everywhere(declared.value, overrides[declared.value.key]))
        for declared in thresholds
    ]


def _meant(key: str, known: Iterable[str]) -> str:
    # All of them would be too many to read.
    found = nearest(key, known)
    return f"; did you mean {found!r}?" if found is not None else ""


def _at_everywhere(threshold: Threshold, number: float) -> Threshold:
    return Threshold.everywhere(threshold.key, threshold.unit, number, source=OPERATOR)


def _unique(declared: Iterable[Declared[K]], what: str, problems: list[str]) -> tuple[K, ...]:
    owners: dict[str, Declared[K]] = {}
    for entry in declared:
        first = owners.setdefault(entry.value.key, entry)
        if first is not entry:
            problems.append(
                f"{what} {entry.value.key!r} is declared by plugin {first.plugin!r} and by plugin {entry.plugin!r}"
            )
    return tuple(owners[key].value for key in sorted(owners))


def _scale(profiles: tuple[Declared[ThresholdProfile], ...], problems: list[str]) -> ScaleRule:
    found = [(entry.plugin, entry.value.scale) for entry in profiles if entry.value.scale is not None]
    if len(found) > 1:
        owners = " and ".join(repr(plugin) for plugin, _ in found)
        problems.append(f"the scale rule is declared by plugins {owners}; there can be only one")
    # Without a rule the band never moves: no signal has an empty key.
    return found[0][1] if found else ScaleRule("")
