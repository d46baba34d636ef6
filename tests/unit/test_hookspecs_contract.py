"""The contract: every hook documented with an example that runs, every public name reachable."""

from __future__ import annotations

import ast
import inspect
from types import FunctionType

import pytest

import sre_copilot_hookspecs
from sre_copilot_hookspecs import hooks

SPECIFICATIONS = {
    name: value
    for name, value in vars(hooks).items()
    if name.startswith("copilot_") and isinstance(value, FunctionType)
}

DESIGNED = [
    "copilot_settings",
    "copilot_signals",
    "copilot_dialects",
    "copilot_gates",
    "copilot_threshold_profiles",
    "copilot_causes",
    "copilot_services",
    "copilot_worker_rules",
    "copilot_signal_sources",
    "copilot_request_signers",
    "copilot_amplifier_evaluators",
    "copilot_narrative_sources",
    "copilot_narrative_parsers",
    "copilot_inspectors",
    "copilot_parameters",
    "copilot_presets",
    "copilot_modifiers",
    "copilot_guard_rails",
    "copilot_adapters",
    "copilot_explain_renderers",
    "copilot_explainers",
    "copilot_model_providers",
    "copilot_retrievers",
    "copilot_state_database",
    "copilot_profile_storage",
    "copilot_environments",
    "copilot_influences",
    "copilot_notifiers",
    "copilot_checks",
    "copilot_commands",
]


def test_the_hooks_are_exactly_those_of_the_design() -> None:
    assert sorted(SPECIFICATIONS) == sorted(DESIGNED)


@pytest.mark.parametrize("name", sorted(SPECIFICATIONS))
def test_a_hook_is_documented_with_every_argument_and_an_example(name: str) -> None:
    specification = SPECIFICATIONS[name]
    text = inspect.getdoc(specification)
    assert text is not None
    for argument in inspect.signature(specification).parameters:
        assert f":param {argument}:" in text, f"{name} does not say what {argument} is"
    lines = text.splitlines()
    assert any(line.strip() == "@hookimpl" for line in lines), f"{name} has no example"
    example = inspect.cleandoc(
        "\n".join(lines[next(i for i, line in enumerate(lines) if line.strip() == "@hookimpl") :])
    )
    (function,) = ast.parse(example).body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == name
    offered = set(inspect.signature(specification).parameters)
    assert {argument.arg for argument in function.args.args} <= offered


@pytest.mark.parametrize("name", sorted(SPECIFICATIONS))
def test_a_hook_that_reaches_outside_receives_what_it_needs(name: str) -> None:
    reaching = {
        "copilot_signal_sources",
        "copilot_request_signers",
        "copilot_narrative_sources",
        "copilot_inspectors",
        "copilot_explainers",
        "copilot_model_providers",
        "copilot_retrievers",
        "copilot_state_database",
        "copilot_profile_storage",
        "copilot_notifiers",
        "copilot_checks",
    }
    assert (name in reaching) == ("settings" in inspect.signature(SPECIFICATIONS[name]).parameters)


def test_first_results_are_marked_so() -> None:
    firsts = {
        name for name, value in SPECIFICATIONS.items() if getattr(value, "sre_copilot_spec", {}).get("firstresult")
    }
    assert firsts == {"copilot_environments", "copilot_state_database", "copilot_profile_storage"}


@pytest.mark.parametrize("name", sre_copilot_hookspecs.__all__)
def test_a_public_name_exists_and_says_what_it_is(name: str) -> None:
    value = getattr(sre_copilot_hookspecs, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value), f"{name} has no docstring"
