"""Checks a plugin's implementations against the specifications before anything of it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType

import attrs
import pluggy

from sre_copilot.plugins.found import FoundPlugin
from sre_copilot_hookspecs.markers import PROJECT
from sre_copilot_hookspecs.nearest import did_you_mean, nearest

_IMPLEMENTATION = f"{PROJECT}_impl"
_SPECIFICATION = f"{PROJECT}_spec"
_PREFIX = "copilot_"


@attrs.frozen
class Refusal:
    """Why a plugin is not registered."""

    hook: str
    says: str


def specified_hooks(manager: pluggy.PluginManager) -> dict[str, tuple[str, ...]]:
    """Every hook that has a specification, with the names of its arguments."""
    return {name: tuple(caller.spec.argnames) for name, caller in vars(manager.hook).items() if caller.spec is not None}


def refusal(manager: pluggy.PluginManager, found: FoundPlugin) -> Refusal | None:
    """The first reason not to register a plugin."""
    specified = specified_hooks(manager)
    for hook, function, options in _implementations(manager, found.plugin):
        says = _complaint(hook, function, options, specified)
        if says is not None:
            return Refusal(hook, f"{found}, hook {hook}: {says}")
    return _unmarked(found, specified)


def _implementations(
    manager: pluggy.PluginManager, plugin: object
) -> Iterator[tuple[str, Callable[..., object], pluggy.HookimplOpts]]:
    for name in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, name)
        if options is not None:
            yield options.get("specname") or name, getattr(plugin, name), options


def _complaint(
    hook: str,
    function: Callable[..., object],
    options: pluggy.HookimplOpts,
    specified: dict[str, tuple[str, ...]],
) -> str | None:
    if hook not in specified:
        if options.get("optionalhook"):
            return None
        return "there is no such hook" + did_you_mean_hook(hook, specified)
    if options.get("wrapper") or options.get("hookwrapper"):
        return "there is nothing to wrap, because each implementation is called by itself; return the values"
    for parameter in _required(function):
        if parameter not in specified[hook]:
            return _unknown_argument(hook, function, parameter, specified[hook])
    return None


def did_you_mean_hook(hook: str, specified: dict[str, tuple[str, ...]]) -> str:
    """The end of a refusal of an unknown hook. The list of all hooks would be too long for a sentence."""
    near = nearest(hook, specified)
    return f"; did you mean {near}?" if near else ""


def _required(function: Callable[..., object]) -> list[str]:
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in variable and parameter.default is inspect.Parameter.empty
    ]


def _unknown_argument(hook: str, function: Callable[..., object], parameter: str, offered: tuple[str, ...]) -> str:
    names = ", ".join(inspect.signature(function).parameters)
    told = f"{hook}({names}) asks for {parameter!r}"
    if not offered:
        return f"{told}, but this hook has no arguments"
    return f"{told}, but this hook offers only ({', '.join(offered)})" + (
        did_you_mean(parameter, offered) if nearest(parameter, offered) else ""
    )


def _unmarked(found: FoundPlugin, specified: dict[str, tuple[str, ...]]) -> Refusal | None:
    """A function named like a hook without the marker would be passed over in silence."""
    if not isinstance(found.plugin, ModuleType):
        return None
    for name, value in vars(found.plugin).items():
        if not name.startswith(_PREFIX) or not inspect.isfunction(value):
            continue
        own = value.__module__ == found.plugin.__name__
        if own and not hasattr(value, _IMPLEMENTATION) and not hasattr(value, _SPECIFICATION):
            hint = "" if name in specified else did_you_mean_hook(name, specified)
            says = f"{found}, hook {name}: the function is not marked with @hookimpl{hint}"
            return Refusal(name, says)
    return None
