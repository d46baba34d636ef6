"""Guard rails: all of them, on one set of values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import attrs

from sre_copilot.compiler.values import shown
from sre_copilot_hookspecs.configuration import GuardRail, Modifier, Preset, Value
from sre_copilot_hookspecs.resolved import FiredGuardRail

_PLACE = re.compile(r"\{([^{}]+)\}")


@attrs.frozen
class GuardRailFailed:
    """A guard rail that could not judge, because its own function failed."""

    rail: GuardRail
    says: str


@attrs.frozen
class Verdicts:
    """What the guard rails said."""

    fired: tuple[FiredGuardRail, ...]
    failed: tuple[GuardRailFailed, ...]


def judge(
    rails: Collection[GuardRail],
    values: Mapping[str, Value],
    preset: Preset,
    modifier: Modifier | None,
    previous: Mapping[str, Value],
) -> Verdicts:
    """Ask every guard rail whose parameters are all there."""
    facts = _facts(values, preset, modifier, previous)
    fired: list[FiredGuardRail] = []
    failed: list[GuardRailFailed] = []
    for rail in rails:
        if not all(_present(name, facts) for name in rail.inputs):
            continue
        inputs = [facts.get(name) for name in rail.inputs]
        try:
            if rail.violated(*inputs):
                fired.append(FiredGuardRail(rail, _sentence(rail, inputs)))
        except Exception as error:  # noqa: BLE001 - a plugin's function must not silence the other guard rails
            why = " ".join(str(error).split())
            failed.append(GuardRailFailed(rail, f"guard rail {rail.key} failed: {type(error).__name__}: {why}"))
    return Verdicts(tuple(fired), tuple(failed))


def _facts(
    values: Mapping[str, Value], preset: Preset, modifier: Modifier | None, previous: Mapping[str, Value]
) -> dict[str, Value | None]:
    facts: dict[str, Value | None] = dict(values)
    facts["preset.from"], facts["preset.below"] = preset.throughput
    facts["modifier"] = "" if modifier is None else modifier.key
    facts.update((f"preset/{key}", value) for key, value in preset.values)
    facts.update((f"modifier/{key}", value) for key, value in (() if modifier is None else modifier.values))
    facts.update((f"previous/{key}", value) for key, value in previous.items())
    return facts


def _present(name: str, facts: Mapping[str, Value | None]) -> bool:
    """Whether an input is there; what only a preset, a modifier or another profile may say need not be."""
    return name in facts or "/" in name


def _sentence(rail: GuardRail, inputs: list[Value | None]) -> str:
    known = dict(zip(rail.inputs, inputs, strict=True))
    if rail.figures is not None:
        known.update(rail.figures(*inputs))
    return _PLACE.sub(lambda place: shown(known.get(place.group(1))), rail.says)
