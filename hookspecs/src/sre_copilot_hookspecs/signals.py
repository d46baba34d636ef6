"""What can be measured: signals, declared by plugins and read by sources."""

from __future__ import annotations

import enum
import re

import attrs

from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.expressions import Expr
from sre_copilot_hookspecs.units import Unit

_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


def dotted_key(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse a key that is not lower-case words joined by dots, such as ``matching.dispatch_ratio``."""
    if not _KEY.fullmatch(value):
        raise DeclarationError(
            f"{value!r} is not a key; write lower-case words joined by dots, like matching.dispatch_ratio"
        )


class Category(enum.Enum):
    """What a signal is good for."""

    DEMAND = "demand"
    """What the cluster is asked to do."""
    PRIMARY = "primary"
    """Whether it does it. Only these may lead to Critical."""
    AMPLIFIER = "amplifier"
    """Why it does it badly; explains, and leads to Stressed at most."""
    WORKER = "worker"
    """What the SDK workers say of themselves; explains like an amplifier."""


class Worst(enum.Enum):
    """Which one value stands for a signal that has several, one for each queue or namespace."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    SUM = "sum"


@attrs.frozen
class SeriesFloor:
    """Which of several values count: those whose ``measure`` reaches ``at_least``.

    A queue with one task an hour has a dispatch ratio too, and it says nothing.
    """

    measure: Expr
    at_least: float


@attrs.frozen
class Signal:
    """Something that can be measured on a cluster.

    Exactly one of ``measure`` and ``probe`` is given.
    """

    key: str = attrs.field(validator=dotted_key)
    category: Category = attrs.field(converter=Category)
    service: str
    """The actor it speaks of: frontend, history, matching, workers, persistence, or a plugin's own."""
    unit: Unit
    asks: str
    """The question it answers, as a sentence."""
    measure: Expr | None = None
    """Read by any source that evaluates metric expressions."""
    probe: str | None = None
    """Key of the one source that knows this signal by its name."""
    dimensions: tuple[str, ...] = ()
    """Labels that tell several values apart; with them a sample has a series for each."""
    worst: Worst | None = None
    """Which of several values gates judge."""
    floor: SeriesFloor | None = None
    """Which of several values count at all."""
    cap: int = 50
    """How many labelled values are kept, worst first."""
    note: str = ""
    """What misleads about it, for the reference."""

    def __attrs_post_init__(self) -> None:
        if (self.measure is None) == (self.probe is None):
            raise DeclarationError(f"signal {self.key!r} needs either a measure or the key of a source that probes it")
        if self.measure is not None:
            self._check_measure(self.measure)
        if bool(self.dimensions) != (self.worst is not None):
            raise DeclarationError(f"signal {self.key!r}: dimensions and worst go together")
        if self.cap < 1:
            raise DeclarationError(f"signal {self.key!r}: cap {self.cap} keeps nothing")

    def _check_measure(self, measure: Expr) -> None:
        if measure.unit is not self.unit:
            raise DeclarationError(
                f"signal {self.key!r} is declared in {self.unit.value}, but {measure!r} is in {measure.unit.value}"
            )
        for expression in (measure, *([self.floor.measure] if self.floor else [])):
            if expression.labels != tuple(sorted(self.dimensions)):
                raise DeclarationError(
                    f"signal {self.key!r} has dimensions ({', '.join(sorted(self.dimensions))}),"
                    f" but {expression!r} keeps ({', '.join(expression.labels)})"
                )
