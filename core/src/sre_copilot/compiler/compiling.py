"""``compile``: preset, modifier, environment, overrides, derivations, guard rails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sre_copilot.compiler.compiled import Compiled, Problem
from sre_copilot.compiler.judging import Verdicts, judge
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.request import Override, Request
from sre_copilot.compiler.resolving import Accepted, Resolution, resolve
from sre_copilot.compiler.values import ValueRefused, parse
from sre_copilot_hookspecs.configuration import GuardRail, Modifier, Preset, Verdict
from sre_copilot_hookspecs.nearest import did_you_mean, nearest
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue


def compile_request(registry: Registry, request: Request) -> Compiled:
    """The configuration that a request leads to, or every problem with it.

    Everything is looked at before the first problem stops the compilation. Only guard rails on values that follow
    from something unreadable are not asked: they would judge what nobody wants.
    """
    problems: list[Problem] = []
    preset = _preset(registry, request.preset, problems)
    modifier = _modifier(registry, request.modifier, problems)
    overrides = _overrides(registry, request.overrides, problems)
    if preset is None:
        return Compiled(None, tuple(problems))
    resolution = resolve(registry, preset, modifier, overrides)
    problems += resolution.problems
    verdicts = _judged(registry, request, preset, modifier, resolution, problems)
    problems += (Problem(failed.says, rail=failed.rail.key) for failed in verdicts.failed)
    problems += (
        Problem(fired.says, _parameters(fired.rail, resolution.values), fired.key)
        for fired in verdicts.fired
        if fired.rail.verdict is Verdict.ERROR
    )
    configuration = Configuration(
        name=request.name or default_name(request.preset, request.modifier),
        preset=preset,
        modifier=modifier,
        values=resolution.values,
        fired=verdicts.fired,
        compiler=registry.compiler,
        plugins=registry.plugins,
    )
    return Compiled(configuration, tuple(problems))


def default_name(preset: str, modifier: str | None) -> str:
    """What a deployment is called that nobody named."""
    return preset if modifier is None else f"{preset}-{modifier}"


def unknown_parameter(key: str, registry: Registry) -> str:
    """The refusal of a key that is none, with the nearest one."""
    near = nearest(key, registry.parameters)
    hint = f"did you mean {near!r}?" if near else "sre-copilot parameters lists them all"
    return f"there is no parameter {key!r}; {hint}"


def _preset(registry: Registry, key: str, problems: list[Problem]) -> Preset | None:
    found = registry.presets.get(key)
    if found is None:
        problems.append(Problem(f"there is no preset {key!r}{did_you_mean(key, registry.presets)}"))
    return found


def _modifier(registry: Registry, key: str | None, problems: list[Problem]) -> Modifier | None:
    if key is None:
        return None
    found = registry.modifiers.get(key)
    if found is None:
        problems.append(Problem(f"there is no modifier {key!r}{did_you_mean(key, registry.modifiers)}"))
    return found


def _overrides(registry: Registry, overrides: Iterable[Override], problems: list[Problem]) -> list[Accepted]:
    accepted: list[Accepted] = []
    said: dict[tuple[str, str], Override] = {}
    for override in overrides:
        parameter = registry.parameters.get(override.key)
        if parameter is None:
            problems.append(Problem(f"{override.by}: {unknown_parameter(override.key, registry)}", (override.key,)))
            continue
        first = said.setdefault((override.key, override.source.value), override)
        if first is not override:
            by = override.by if first.by == override.by else f"{first.by} and {override.by}"
            says = f"{by}: {override.key} is set twice, to {first.value} and to {override.value}; set it once"
            problems.append(Problem(says, (override.key,)))
            continue
        try:
            value = parse(parameter, override.value)
        except ValueRefused as refused:
            problems.append(Problem(f"{override.by}: {override.key}: {refused}", (override.key,)))
            continue
        accepted.append(Accepted(override.key, value, override.by, override.source))
    return accepted


def _judged(
    registry: Registry,
    request: Request,
    preset: Preset,
    modifier: Modifier | None,
    resolution: Resolution,
    problems: list[Problem],
) -> Verdicts:
    unsound = {key for problem in problems for key in problem.keys}
    values = {
        key: resolved.value
        for key, resolved in resolution.values.items()
        if key not in unsound and unsound.isdisjoint(resolved.chain)
    }
    return judge(registry.guard_rails, values, preset, modifier, request.previous)


def _parameters(rail: GuardRail, values: Mapping[str, ResolvedValue]) -> tuple[str, ...]:
    return tuple(name for name in rail.inputs if name in values)
