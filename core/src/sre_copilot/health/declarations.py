"""What plugins declared about health, with the name of the plugin beside each declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Cause, Gate, Service, Signal, ThresholdProfile, WorkerRule

T = TypeVar("T")


@attrs.frozen
class Declared(Generic[T]):
    """One declaration and who made it."""

    plugin: str
    value: T


@attrs.frozen
class Declarations:
    """Everything a ruleset is resolved from."""

    signals: tuple[Declared[Signal], ...] = ()
    gates: tuple[Declared[Gate], ...] = ()
    threshold_profiles: tuple[Declared[ThresholdProfile], ...] = ()
    causes: tuple[Declared[Cause], ...] = ()
    services: tuple[Declared[Service], ...] = ()
    worker_rules: tuple[Declared[WorkerRule], ...] = ()
    findings: tuple[Declared[str], ...] = ()
    """Keys of every finding that evaluators can make."""
    plugins: tuple[tuple[str, str], ...] = ()
    """Name and version of every plugin that declared something."""
