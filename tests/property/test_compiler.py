"""The compiler, whatever is asked of it: nothing is dropped, everything follows, nothing is ever half-said."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sre_copilot.compiler.compiling import compile_request
from sre_copilot.compiler.profile import read_profile
from sre_copilot.compiler.request import Override, Request
from sre_copilot.compiler.values import ValueRefused, parse
from sre_copilot_hookspecs import Parameter, ParameterType, Value, ValueSource, profile_document
from sre_copilot_hookspecs.durations import duration_of
from tests.compiled import COMBINATIONS, PRESETS, compiled, registry

PARAMETERS = tuple(registry().parameters.values())
DERIVED = tuple(parameter for parameter in PARAMETERS if parameter.derivation is not None)


def values(parameter: Parameter) -> st.SearchStrategy[Value]:
    """Values that a parameter takes."""
    if parameter.type is ParameterType.BOOLEAN:
        return st.booleans()
    if parameter.type is ParameterType.TEXT:
        return st.text(st.characters(categories=("L", "N"), codec="ascii"), max_size=12)
    assert parameter.minimum is not None
    assert parameter.maximum is not None
    whole = st.integers(int(parameter.minimum), int(parameter.maximum))
    if parameter.type is ParameterType.DURATION:
        return whole.map(lambda seconds: duration_of(seconds) if seconds else "0s")
    return whole


def requests() -> st.SearchStrategy[Request]:
    """Requests with any preset, modifier and sound overrides."""
    override = st.sampled_from(PARAMETERS).flatmap(
        lambda parameter: st.builds(
            Override,
            st.just(parameter.key),
            values(parameter),
            st.just("--set"),
            st.sampled_from([ValueSource.OVERRIDE, ValueSource.ENVIRONMENT]),
        )
    )
    return st.builds(
        lambda combination, overrides: Request(*combination, tuple(overrides)),
        st.sampled_from(COMBINATIONS),
        st.lists(override, max_size=6, unique_by=lambda override: override.key),
    )


@given(st.sampled_from(COMBINATIONS), st.data())
def test_an_override_of_any_class_changes_the_output_or_is_refused_with_a_reason(
    combination: tuple[str, str | None], data: st.DataObject
) -> None:
    preset, modifier = combination
    parameter = data.draw(st.sampled_from(PARAMETERS))
    value = data.draw(values(parameter))
    before = compiled(preset, modifier)
    assume(value != before[parameter.key])
    answer = compile_request(registry(), Request(preset, modifier, (Override(parameter.key, value),)))
    assert answer.configuration is not None
    if answer.problems:
        assert all(problem.says and problem.rail for problem in answer.problems)
        return
    after = answer.configuration.values[parameter.key]
    assert (after.value, after.source, after.by) == (value, ValueSource.OVERRIDE, "--set")
    assert profile_document(answer.configuration) != profile_document(before)


@given(st.sampled_from(DERIVED), st.data())
def test_a_derived_value_is_always_of_its_type_and_in_its_range(parameter: Parameter, data: st.DataObject) -> None:
    assert parameter.derivation is not None
    inputs = [data.draw(values(registry().parameters[name])) for name in parameter.derivation.inputs]
    computed = parameter.derivation.compute(*inputs)
    assert parse(parameter, computed) == computed


@pytest.mark.parametrize(
    ("parameter", "name"),
    [(parameter, name) for parameter in DERIVED for name in parameter.derivation.inputs],
    ids=lambda value: getattr(value, "key", value),
)
def test_a_derived_value_reacts_to_each_of_its_inputs(parameter: Parameter, name: str) -> None:
    assert parameter.derivation is not None
    for preset in PRESETS:
        base = {key: compiled(preset)[key] for key in parameter.derivation.inputs}
        changed = registry().parameters[name]
        for value in (
            (False, True) if changed.type is ParameterType.BOOLEAN else range(1, int(changed.maximum or 1) + 1)
        ):
            if parameter.derivation.compute(*{**base, name: value}.values()) != compiled(preset)[parameter.key]:
                return
    pytest.fail(f"{parameter.key} declares {name} and does not depend on it")


@given(requests())
def test_equal_requests_give_equal_answers(request: Request) -> None:
    assert compile_request(registry(), request) == compile_request(registry(), request)


@given(requests())
def test_every_value_says_who_set_it_and_what_it_follows_from(request: Request) -> None:
    configuration = compile_request(registry(), request).configuration
    assert configuration is not None
    assert list(configuration.values) == list(registry().parameters)
    said = {override.key: override for override in request.overrides}
    for key, resolved in configuration.values.items():
        assert resolved.layers[-1].value == resolved.value
        assert resolved.reason
        assert bool(resolved.chain) == (resolved.source is ValueSource.DERIVED)
        assert (resolved.source in (ValueSource.OVERRIDE, ValueSource.ENVIRONMENT)) == (key in said)
        for position, cause in enumerate(resolved.chain):
            assert set(configuration.values[cause].chain) <= set(resolved.chain[:position])
        derivation = resolved.parameter.derivation
        if resolved.source is ValueSource.DERIVED:
            assert derivation is not None
            assert resolved.value == derivation.compute(*(configuration[name] for name in derivation.inputs))


@given(requests())
def test_a_profile_comes_back_exactly(request: Request) -> None:
    configuration = compile_request(registry(), request).configuration
    assert configuration is not None
    text = json.dumps(profile_document(configuration))
    profile = read_profile(registry(), text, "profile.json")
    assert profile.configuration == configuration
    assert (profile.problems, profile.edited) == ((), ())
    assert json.dumps(profile_document(profile.configuration)) == text


@given(st.sampled_from(PARAMETERS), st.text(max_size=20))
def test_any_text_is_a_value_or_a_refusal_of_one_line(parameter: Parameter, text: str) -> None:
    said = ""
    try:
        value = parse(parameter, text)
    except ValueRefused as refused:
        said = str(refused)
    if said:
        assert len(said.splitlines()) == 1
        assert "it takes" in said
    else:
        assert parse(parameter, value) == value


@given(st.lists(st.sampled_from(["ten", "1.5", "-1", "", "99999999999"]), min_size=2, max_size=5))
def test_all_problems_of_one_request_are_told_together(texts: list[str]) -> None:
    whole = [parameter for parameter in PARAMETERS if parameter.type is ParameterType.INTEGER][: len(texts)]
    overrides = tuple(Override(parameter.key, text) for parameter, text in zip(whole, texts, strict=True))
    answer = compile_request(registry(), Request("midscale", "orchestrate", overrides))
    told = "\n".join(problem.says for problem in answer.problems)
    assert answer.configuration is None
    assert "did you mean 'mid-scale'?" in told
    assert "did you mean 'orchestrator'?" in told
    assert all(parameter.key in told for parameter in whole)
