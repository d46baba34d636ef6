"""The built-in signals, read from recorded and made-up scrapes as direct scraping reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.reading import answer
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import Expr, Missing, Sample, Signal
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.exposition_targets import SCRAPES, recorded, view_of

WINDOW = 65
"""Seconds of every window, a little more than lies between the two scrapes of a recording."""

Reading = Mapping[str, Sample | Missing]
Scrapes = Sequence[tuple[float, bytes | str | None]]


def _short(signal: Signal) -> Signal:
    assert signal.measure is not None
    floor = signal.floor
    return attrs.evolve(
        signal,
        measure=_shortened(signal.measure),
        floor=attrs.evolve(floor, measure=_shortened(floor.measure)) if floor is not None else None,
    )


def _shortened(measure: Expr) -> Expr:
    return measure.scaled(0.001, at_least=WINDOW)


MEASURED = tuple(_short(signal) for signal in SIGNALS if signal.measure is not None)
_EXPRESSIONS = tuple(
    expression
    for signal in MEASURED
    for expression in (signal.measure, signal.floor.measure if signal.floor else None)
    if expression is not None
)


def target(scrapes: Scrapes, role: str = "server") -> TargetView:
    """A server or a worker that said this."""
    return view_of(scrapes, *_EXPRESSIONS, role=role, instance=f"{role}:9090", dialects=DIALECTS)


def answers(*targets: TargetView, at: float = 60) -> Reading:
    """Every built-in signal that is measured, at that second."""
    evaluator = Evaluator("prod", targets, round(at * 1000))
    return {signal.key: answer(signal, evaluator) for signal in MEASURED}


def situation(name: str) -> Reading:
    """Every built-in signal in a recorded situation."""
    roles = [role for role in ("server", "worker") if (SCRAPES / f"{name}.{role}.t0.prom.gz").exists()]
    return answers(
        *(target([(0, recorded(f"{name}.{role}.t0")), (60, recorded(f"{name}.{role}.t60"))], role) for role in roles)
    )


def value(reading: Reading, key: str) -> float:
    """The value of a signal that was read."""
    found = reading[key]
    assert isinstance(found, Sample), (key, found)
    return found.value


def missing(reading: Reading, key: str) -> Missing:
    """Why a signal was not read."""
    found = reading[key]
    assert isinstance(found, Missing), (key, found)
    return found
