"""Declarations that can never work are refused when plugins register, naming the plugins."""

from __future__ import annotations

import pytest

from sre_copilot.compiler.checking import Misdeclared
from sre_copilot.compiler.registry import Registry
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs import (
    Derivation,
    Emission,
    GuardRail,
    Parameter,
    ParameterClass,
    ParameterType,
    Preset,
    Value,
    Verdict,
)


def parameter(
    key: str, *inputs: str, kind: ParameterClass = ParameterClass.TUNING, default: Value | None = 1
) -> Parameter:
    derivation = Derivation(inputs, lambda *given: sum(given), "They add up.") if inputs else None
    return Parameter(
        key, kind, ParameterType.INTEGER, "Is.", "Why.", None if inputs else default, derivation=derivation
    )


def registry(*declared: tuple[str, Parameter], **more: object) -> Registry:
    return Registry.of([Declared(plugin, one) for plugin, one in declared], **more)  # type: ignore[arg-type]


def test_a_circle_of_derivations_names_its_path_and_both_plugins() -> None:
    with pytest.raises(
        Misdeclared, match=r"derived from themselves: .*'a'.*'b'.*plugin 'one'.*plugin 'two'|'two'.*'one'"
    ):
        registry(("one", parameter("a", "b")), ("two", parameter("b", "a")))


def test_an_unknown_input_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        Misdeclared, match=r"plugin 'one'.*'pool.siz', which no plugin declares; did you mean 'pool.size'"
    ):
        registry(("one", parameter("x", "pool.siz")), ("two", parameter("pool.size")))


def test_what_is_derived_stands_behind_what_it_follows_from() -> None:
    found = registry(("one", parameter("c", "b")), ("one", parameter("b", "a")), ("one", parameter("a")))
    assert [one.key for one in found.order] == ["a", "b", "c"]


def test_a_parameter_needs_a_default_of_its_type_or_a_derivation() -> None:
    for wrong in (None, "1", "ten", True):
        with pytest.raises(Misdeclared, match="default"):
            registry(("one", parameter("a", default=wrong)))


def test_one_place_belongs_to_one_parameter() -> None:
    places = [
        Parameter(key, ParameterClass.TUNING, ParameterType.INTEGER, "Is.", "Why.", 1, emitted=(Emission("go", "X"),))
        for key in ("a", "b")
    ]
    with pytest.raises(Misdeclared, match=r"plugin 'two'.*'b' is written to X in go, as is 'a' of plugin 'one'"):
        registry(("one", places[0]), ("two", places[1]))


@pytest.mark.parametrize(
    ("values", "says"),
    [((("x", 1),), "no plugin declares"), ((("safe", 1),), "safety"), ((("a", "ten"),), "not a whole number")],
)
def test_a_preset_sets_only_what_it_may(values: tuple[tuple[str, Value], ...], says: str) -> None:
    preset = Preset("p", "A preset.", (0, None), values)
    safe = parameter("safe", kind=ParameterClass.SAFETY)
    with pytest.raises(Misdeclared, match=says):
        registry(("one", parameter("a")), ("one", safe), presets=[Declared("two", preset)])


def test_a_guard_rail_looks_at_what_there_is() -> None:
    rail = GuardRail("r", ("b",), bool, Verdict.ERROR, "No.")
    with pytest.raises(Misdeclared, match="guard rail 'r' looks at 'b'"):
        registry(("one", parameter("a")), guard_rails=[Declared("two", rail)])
