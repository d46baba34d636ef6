"""How the processes of a role are: how many there are, how many are up, and how old their samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from sre_copilot_hookspecs import Missing, MissingReason
from sre_copilot_prometheus.vocabulary import Voice

STALE_AFTER = 300.0
"""Seconds after which a sample no longer speaks of now; Prometheus's own limit by default."""


@attrs.frozen
class Status:
    """What Prometheus knows of a role's targets."""

    targets: int = 0
    up: int = 0
    age: float = 0.0
    """Seconds since the newest of them was scraped, and what their samples are behind that."""
    missing: Missing | None = None
    """Why nothing that they ever said speaks of now."""

    def note(self, role: str) -> str:
        """What a reader of a value has to know."""
        down = self.targets - self.up
        return f"{down} of {self.targets} {role} targets down" if down > 0 else ""


def questions(voice: Voice) -> Mapping[str, str]:
    """The queries that :func:`status_of` wants the values of."""
    up = voice.up()
    return {
        "targets": f"count({up})",
        "up": f"sum({up})",
        "age": f"time() - max(timestamp({up}))",
        # A target that is gone for longer than Prometheus looks back is not the same as one that never was.
        "gone": f"time() - max(max_over_time(timestamp({up})[1h:1m]))",
    }


def status_of(voice: Voice, value: Callable[[str], float | Missing | None], setting: str) -> Status:
    """The status of a role.

    :param value: query to value, or to why there is none.
    :param setting: full name of the setting that selects the role, for the sentences.
    """
    asked = questions(voice)
    targets = value(asked["targets"])
    if isinstance(targets, Missing):
        return Status(missing=targets)
    up, age, gone = (_number(value(asked[name])) for name in ("up", "age", "gone"))
    if not targets:
        return Status(missing=_nobody(voice, gone, setting))
    count, answering = round(targets), round(up or 0)
    status = Status(count, answering, max(0.0, age or 0.0))
    if status.age > STALE_AFTER:
        return attrs.evolve(status, missing=_stale(voice, status.age))
    status = attrs.evolve(status, age=status.age + voice.dialect.lag)
    if answering:
        return status
    who = f"The {voice.role} target is" if count == 1 else f"All {count} {voice.role} targets are"
    return attrs.evolve(status, missing=Missing(MissingReason.UNREACHABLE, f"{who} down, says Prometheus."))


def _number(found: float | Missing | None) -> float | None:
    return None if isinstance(found, Missing) else found


def _nobody(voice: Voice, gone: float | None, setting: str) -> Missing:
    if gone is not None:
        return _stale(voice, gone)
    sentence = f"Prometheus scrapes no target with {voice.conditions}; set {setting}."
    return Missing(MissingReason.NO_DATA, sentence)


def _stale(voice: Voice, age: float) -> Missing:
    return Missing(MissingReason.STALE, f"Prometheus scraped a {voice.role} target {age:.0f} s ago for the last time.")
