"""What somebody asks the compiler for."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from sre_copilot_hookspecs.configuration import Value
from sre_copilot_hookspecs.resolved import ValueSource


@attrs.frozen
class Override:
    """One value that somebody sets by name."""

    key: str
    value: Value
    """Of the parameter's type, or the text a person writes for it: ``"10"``, ``"true"``, ``"5m"``."""
    by: str = "--set"
    """Where it was said: ``--set``, ``DSQL_RESERVOIR_ENABLED in prod.env``."""
    source: ValueSource = ValueSource.OVERRIDE
    """``OVERRIDE`` or ``ENVIRONMENT``. An override outweighs an environment."""


@attrs.frozen
class Request:
    """One compilation."""

    preset: str
    modifier: str | None = None
    overrides: tuple[Override, ...] = ()
    name: str = ""
    """Of the deployment; the preset's and the modifier's keys where it is empty."""
    previous: Mapping[str, Value] = attrs.field(factory=dict)
    """The values of the profile that this one replaces, by key; empty where there is none."""
