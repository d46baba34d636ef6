"""Checks, commands, notifiers, and what is known about which setting moves which signal."""

from __future__ import annotations

import enum
from typing import Protocol

import attrs
from whenever import Instant

from sre_copilot_hookspecs.clusters import Settings
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.health import HealthState


@attrs.frozen
class StateChange:
    """A cluster's state changed; told once."""

    at: Instant
    cluster: str
    before: HealthState
    after: HealthState
    cause: str
    """Name of the cause, ``none`` where nobody is to blame."""
    reason: str
    decision_id: str
    """The same for every attempt to tell it, so that a receiver can ignore repetitions."""
    explanation: Explanation | None = None
    """The whole story, where it could be told in time."""


class Notifier(Protocol):
    """Tells somebody about state changes."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def notify(self, change: StateChange) -> None:
        """Tell it. Raising means: not told, try again."""


class CheckOutcome(enum.Enum):
    """What a check found."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@attrs.frozen
class CheckResult:
    """One line of ``sre-copilot doctor``."""

    name: str
    outcome: CheckOutcome
    says: str
    """What was found, and the next step unless all is well."""


class Check(Protocol):
    """A plugin's part of ``sre-copilot doctor``."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def run(self, settings: Settings) -> list[CheckResult]:
        """Look, change nothing, and say what was found."""


@attrs.frozen
class Command:
    """A subcommand of ``sre-copilot``, imported only when it is run."""

    name: str
    target: str
    """``package.module:attribute``; a Cyclopts app or a function."""
    help: str


class Effect(enum.Enum):
    """In which direction a signal moves when a setting grows."""

    RAISES = "raises"
    LOWERS = "lowers"


@attrs.frozen
class Influence:
    """Which setting is known to move which signal."""

    parameter: str
    signal: str
    effect: Effect
    because: str
