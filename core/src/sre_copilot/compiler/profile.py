"""Reading ``profile.json``: the configuration that was compiled, with every source and chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from sre_copilot.compiler.compiled import Problem
from sre_copilot.compiler.compiling import compile_request, unknown_parameter
from sre_copilot.compiler.judging import judge
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.request import Override, Request
from sre_copilot.compiler.resolving import reason_of, reasons_of
from sre_copilot.compiler.values import ValueRefused, parse, shown
from sre_copilot_hookspecs.configuration import Parameter, Preset, Value
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.nearest import did_you_mean
from sre_copilot_hookspecs.profile_document import PROFILE_FORMAT
from sre_copilot_hookspecs.resolved import Configuration, Layer, ResolvedValue, ValueSource


class ProfileUnreadable(CopilotError):
    """A file is not a config profile: one line for each reason."""


@attrs.frozen
class Profile:
    """A config profile that was read."""

    configuration: Configuration
    """With the values as the file has them, and the guard rails that fire on those."""
    problems: tuple[Problem, ...] = ()
    """Values that do not fit their parameters."""
    edited: tuple[str, ...] = ()
    """One sentence for each value that the file's own preset, modifier and overrides do not lead to."""


def is_profile(text: str) -> bool:
    """Whether a text claims to be a config profile."""
    try:
        return _is_ours(json.loads(text))
    except (ValueError, RecursionError):
        return False


def read_profile(registry: Registry, text: str, where: str) -> Profile:
    """The profile that a text holds.

    Guard rails are asked anew: the file may have been changed since.

    :param where: the file, as sentences name it.
    :raises ProfileUnreadable: if it is no config profile, or not one of these plugins.
    """
    document = _document(text, where)
    problems: list[str] = []
    preset, modifier = document.get("preset"), document.get("modifier")
    if preset not in registry.presets:
        problems.append(f"{where}: there is no preset {preset!r}{did_you_mean(str(preset), registry.presets)}")
    if modifier is not None and modifier not in registry.modifiers:
        problems.append(f"{where}: there is no modifier {modifier!r}{did_you_mean(str(modifier), registry.modifiers)}")
    entries = _entries(registry, document, where, problems)
    overrides = _overrides(document, where, problems)
    if problems:
        raise ProfileUnreadable("\n".join(problems))
    return _profile(registry, document, entries, overrides, where)


def previous_values(text: str) -> dict[str, Value]:
    """The values of a profile by key, without looking at what they mean; empty where it is none.

    For guard rails that ask what a new profile replaces, whatever has become of its preset since.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not _is_ours(document) or not isinstance(document.get("values"), dict):
        return {}
    groups = [group for group in document["values"].values() if isinstance(group, dict)]
    return {
        key: entry["value"]
        for group in groups
        for key, entry in group.items()
        if isinstance(entry, dict) and isinstance(entry.get("value"), bool | int | float | str)
    }


def _is_ours(document: object) -> bool:
    return isinstance(document, dict) and document.get("format") == PROFILE_FORMAT


def _document(text: str, where: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        said = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise ProfileUnreadable(f"{where} is not JSON ({said}); give a profile.json that compile wrote") from None
    except (ValueError, RecursionError) as error:
        raise ProfileUnreadable(f"{where} is not JSON ({error}); give a profile.json that compile wrote") from None
    if not _is_ours(document):
        raise ProfileUnreadable(
            f"{where} is JSON but no config profile: its format is not {PROFILE_FORMAT!r}; give a profile.json that"
            " compile wrote"
        )
    return dict(document)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _entries(
    registry: Registry, document: Mapping[str, Any], where: str, problems: list[str]
) -> dict[str, dict[str, Any]]:
    groups = document.get("values")
    if not isinstance(groups, dict) or not all(isinstance(group, dict) for group in groups.values()):
        problems.append(f"{where}: values must hold an object for each class of parameters")
        return {}
    entries = {key: entry for group in groups.values() for key, entry in group.items()}
    for key, entry in entries.items():
        if key not in registry.parameters:
            problems.append(f"{where}: {unknown_parameter(key, registry)}")
        elif not _is_entry(entry):
            problems.append(f"{where}: {key} must be an object with value, layers and chain, as compile writes it")
    problems += (f"{where}: {key} is missing; compile it again" for key in registry.parameters if key not in entries)
    return entries


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not _is_value(entry.get("value")):
        return False
    layers, chain = entry.get("layers"), entry.get("chain")
    if not isinstance(layers, list) or not layers or not all(map(_is_layer, layers)):
        return False
    return isinstance(chain, list) and all(isinstance(key, str) for key in chain)


def _is_layer(layer: object) -> bool:
    if not isinstance(layer, dict) or not _is_value(layer.get("value")) or not isinstance(layer.get("by"), str):
        return False
    return layer.get("source") in _SOURCES


def _is_value(value: object) -> bool:
    return isinstance(value, bool | int | float | str)


def _overrides(document: Mapping[str, Any], where: str, problems: list[str]) -> tuple[Override, ...]:
    entries = document.get("overrides")
    if not isinstance(entries, list):
        problems.append(f"{where}: overrides must be a list")
        return ()
    found = []
    for entry in entries:
        if not _is_layer(entry) or not isinstance(entry.get("key"), str) or entry["source"] not in _BY_NAME:
            problems.append(f"{where}: each of overrides must have key, value, by, and source override or environment")
            break
        found.append(Override(entry["key"], entry["value"], entry["by"], ValueSource(entry["source"])))
    return tuple(found)


_SOURCES = frozenset(source.value for source in ValueSource)
_BY_NAME = frozenset({ValueSource.OVERRIDE.value, ValueSource.ENVIRONMENT.value})


def _profile(
    registry: Registry,
    document: Mapping[str, Any],
    entries: Mapping[str, dict[str, Any]],
    overrides: tuple[Override, ...],
    where: str,
) -> Profile:
    preset = registry.presets[document["preset"]]
    modifier = None if document["modifier"] is None else registry.modifiers[document["modifier"]]
    reasons = reasons_of(preset, modifier)
    problems: list[Problem] = []
    values = {
        key: _resolved(parameter, entries[key], reasons, where, problems)
        for key, parameter in registry.parameters.items()
    }
    unsound = {key for problem in problems for key in problem.keys}
    sound = {key: resolved.value for key, resolved in values.items() if key not in unsound}
    verdicts = judge(registry.guard_rails, sound, preset, modifier, {})
    problems += (Problem(failed.says, rail=failed.rail.key) for failed in verdicts.failed)
    plugins = document.get("plugins")
    configuration = Configuration(
        name=str(document.get("name", "")),
        preset=preset,
        modifier=modifier,
        values=values,
        fired=verdicts.fired,
        compiler=str(document.get("compiler", "")),
        plugins=tuple((str(name), str(version)) for name, version in plugins.items())
        if isinstance(plugins, dict)
        else (),
    )
    return Profile(configuration, tuple(problems), _edited(registry, configuration, preset, overrides))


def _resolved(
    parameter: Parameter,
    entry: Mapping[str, Any],
    reasons: Mapping[str, str],
    where: str,
    problems: list[Problem],
) -> ResolvedValue:
    value = entry["value"]
    try:
        # A text that would do on the command line is still of the wrong type in a file.
        if type(parsed := parse(parameter, value)) is not type(value):
            raise ValueRefused(f"{value!r} is a text; write {shown(parsed)} without quotes")
    except ValueRefused as refused:
        problems.append(Problem(f"{where}: {parameter.key}: {refused}", (parameter.key,)))
    layers = tuple(Layer(ValueSource(layer["source"]), layer["by"], layer["value"]) for layer in entry["layers"])
    return ResolvedValue(parameter, value, layers, reason_of(parameter, layers[-1], reasons), tuple(entry["chain"]))


def _edited(
    registry: Registry, configuration: Configuration, preset: Preset, overrides: tuple[Override, ...]
) -> tuple[str, ...]:
    modifier = None if configuration.modifier is None else configuration.modifier.key
    again = compile_request(registry, Request(preset.key, modifier, overrides)).configuration
    if again is None:
        return ()
    return tuple(
        f"{key} is {shown(configuration[key])}, and the profile's own preset, modifier and overrides lead to"
        f" {shown(again[key])}; compile it again with --set {key}={shown(configuration[key])} if that is meant"
        for key in registry.parameters
        if configuration[key] != again[key]
    )
