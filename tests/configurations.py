"""Small configurations made by hand, for tests of what is written from one."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot_hookspecs import (
    Configuration,
    Emission,
    Explanation,
    Layer,
    Parameter,
    ParameterClass,
    ParameterType,
    Preset,
    ResolvedValue,
    Value,
    ValueSource,
)

TYPES: dict[type, ParameterType] = {
    bool: ParameterType.BOOLEAN,
    int: ParameterType.INTEGER,
    float: ParameterType.NUMBER,
    str: ParameterType.TEXT,
}

SAYS_NOTHING = Explanation("nothing", ())


def setting(
    key: str, value: Value, *emitted: Emission, kind: ParameterType | None = None, reason: str = "It is so."
) -> ResolvedValue:
    """A parameter with its value, by default of the type that the value has."""
    parameter = Parameter(
        key, ParameterClass.TUNING, kind or TYPES[type(value)], "What it is.", "Why it is.", value, emitted=emitted
    )
    return ResolvedValue(parameter, value, (Layer(ValueSource.PRESET, "preset tiny", value),), reason)


def duration(key: str, value: str, *emitted: Emission) -> ResolvedValue:
    """A parameter with a duration."""
    return setting(key, value, *emitted, kind=ParameterType.DURATION)


def configuration(*values: ResolvedValue, name: str = "tiny") -> Configuration:
    """Of these values alone."""
    return Configuration(name, Preset("tiny", "A small one.", (0, 50), ()), None, by_key(values))


def by_key(values: Iterable[ResolvedValue]) -> dict[str, ResolvedValue]:
    """In their own order."""
    return {value.key: value for value in values}
