"""What tells two configurations apart."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs.configuration import Parameter
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue


@attrs.frozen
class Difference:
    """One parameter with two values."""

    parameter: Parameter
    left: ResolvedValue
    right: ResolvedValue


def differences(left: Configuration, right: Configuration) -> tuple[Difference, ...]:
    """Every parameter whose values differ, in the order of the registry. Both are of one registry."""
    return tuple(
        Difference(value.parameter, value, right.values[key])
        for key, value in left.values.items()
        if value.value != right.values[key].value
    )
