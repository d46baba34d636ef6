"""``sre-copilot explain``: each kind of subject has a function that answers for it or passes it on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from cyclopts import Parameter

from sre_copilot.cli.configuring import (
    TEXT,
    load_registry,
    looks_like_file,
    nothing_named,
    preset_configuration,
    show,
    sound_profile,
)
from sre_copilot.compiler.compiling import default_name
from sre_copilot.compiler.registry import Registry
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.explanations import Explanation

STATE = "state"
"""The subject that is no part of a configuration."""

Explains = Callable[[Registry, str, str | None], Explanation | None]


def explain(
    subject: str,
    /,
    *,
    modifier: Annotated[str | None, Parameter(alias="-m")] = None,
    medium: Annotated[str, Parameter(name="--format")] = TEXT,
    at: str | None = None,
    cluster: str | None = None,
    api: str | None = None,
) -> None:
    """Explain the state of a cluster, or a parameter, a preset or a compiled profile: why it is what it is.

    :param subject: state, the key of a parameter, the key of a preset, or the path of a profile.json.
    :param modifier: explain the parameter or the preset under this modifier.
    :param medium: text, markdown, json or html.
    :param at: explain the state at this instant, such as 2026-03-01T12:00:00Z, from the database of the settings.
    :param cluster: the cluster whose state to explain; may be left out where there is one.
    :param api: where the API is, such as http://127.0.0.1:8080, instead of the settings' api.host and api.port.
    """
    if subject == STATE:
        # It asks the API: networks, asyncio and HTTP, which those who ask about a setting need not wait for.
        from sre_copilot.cli.explain_state import explain_state

        explain_state(at=at, cluster=cluster, medium=medium, api=api)
        return
    manager, registry = load_registry()
    for explains in SUBJECTS:
        explanation = explains(registry, subject, modifier)
        if explanation is not None:
            show(manager, explanation, medium)
            return
    raise nothing_named(subject, (*registry.parameters, *registry.presets))


def _parameter(registry: Registry, subject: str, modifier: str | None) -> Explanation | None:
    if subject not in registry.parameters:
        return None
    from sre_copilot.explain.configuration.parameter import explain_parameter

    compiled = {
        default_name(preset, modifier): preset_configuration(registry, preset, modifier) for preset in registry.presets
    }
    return explain_parameter(registry, subject, compiled)


def _preset(registry: Registry, subject: str, modifier: str | None) -> Explanation | None:
    if subject not in registry.presets:
        return None
    from sre_copilot.explain.configuration.preset import explain_preset

    return explain_preset(preset_configuration(registry, subject, modifier), len(registry.guard_rails))


def _profile(registry: Registry, subject: str, modifier: str | None) -> Explanation | None:
    if not looks_like_file(subject):
        return None
    if modifier is not None:
        raise CopilotError("-m goes with a preset or a parameter; a profile has been compiled with its modifier")
    from sre_copilot.explain.configuration.composition import explain_composition

    return explain_composition(sound_profile(registry, subject), len(registry.guard_rails))


SUBJECTS: tuple[Explains, ...] = (_parameter, _preset, _profile)
"""Asked in this order; the first that answers is right."""
