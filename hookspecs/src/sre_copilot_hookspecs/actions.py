"""What a person is advised to do."""

from __future__ import annotations

import enum

import attrs


class ActionKind(enum.Enum):
    """What kind of thing a person is advised to do."""

    SCALE = "scale"
    RESTART = "restart"
    CONFIGURE = "configure"
    ALERT = "alert"


class Risk(enum.Enum):
    """How much an action can make worse."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@attrs.frozen
class Action:
    """One thing to do about a cause."""

    kind: ActionKind
    target: str
    """The service or component it is done to."""
    says: str
    """One imperative sentence."""
    risk: Risk = Risk.LOW
    parameters: tuple[tuple[str, str], ...] = ()
