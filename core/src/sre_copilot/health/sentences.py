"""Numbers and gates in words. Every sentence about a gate is written here, from the gate's own template."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot_hookspecs import Band, Gate, Threshold, Unit

FIELDS = frozenset({"value", "threshold", "where"})
"""What a gate's sentence may refer to."""

LONGEST_NAME = 80
"""Characters of a name in a sentence. Longer ones are legal in Temporal and help nobody there."""
_NO_NAME = re.compile(r"[\s<>`{}\[\]\\|\"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def quantity(value: float, unit: Unit) -> str:
    """A value as a person reads it: ``12 %``, ``4.0/s``, ``1.2 s``, ``350 ms``, ``1,226``."""
    return _FORMATS[unit](value)


def _seconds(value: float) -> str:
    size = abs(value)
    if size < 1:
        return f"{value * 1000:.3g} ms"
    if size < 120:
        return f"{value:.3g} s"
    if size < 7200:
        return f"{value / 60:.3g} min"
    return f"{value / 3600:.3g} h"


def _bytes(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:.3g} TiB"


def _count(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2g}"


def _per_second(value: float) -> str:
    return (
        f"{value:.0f}/s"
        if abs(value) >= 100
        else f"{value:.1f}/s"
        if abs(value) >= 0.1 or not value
        else f"{value:.2g}/s"
    )


_FORMATS: Mapping[Unit, Callable[[float], str]] = {
    Unit.SECONDS: _seconds,
    Unit.BYTES: _bytes,
    Unit.RATIO: lambda value: f"{value * 100:.3g} %",
    Unit.COUNT: _count,
    Unit.PER_SECOND: _per_second,
    Unit.BYTES_PER_SECOND: lambda value: f"{_bytes(value)}/s",
}


def _times(value: float) -> str:
    return f"{value:.3g} times"


def limit(gate: Gate, threshold: Threshold, band: Band) -> str:
    """The number at which a gate fires, for a person: ``5 min``, or ``5 times its usual value``."""
    number = threshold.at(band)
    return f"{number:g} times its usual value" if gate.relative else quantity(number, threshold.unit)


def unknown_fields(template: str) -> list[str]:
    """Names in a gate's sentence that nothing will fill in."""
    return sorted({name for _, name, _, _ in string.Formatter().parse(template) if name is not None} - FIELDS)


def written_name(name: str) -> str:
    """A name that others chose, such as that of a task queue, as one short word of a sentence.

    Spaces, markup and characters that cannot be seen become underscores, so that no name is a sentence of its own.
    """
    plain = _NO_NAME.sub("_", name[: LONGEST_NAME + 1])
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}…"


def place(where: Mapping[str, str] | tuple[tuple[str, str], ...]) -> str:
    """The labels of a value in words, such as ``orders (Workflow) in default``."""
    labels = {label: written_name(value) for label, value in dict(where).items()}
    queue, kind, namespace = (labels.pop(name, "") for name in ("taskqueue", "task_type", "namespace"))
    words = queue
    if kind:
        words = f"{words} ({kind})" if words else kind
    if namespace:
        words = f"{words} in {namespace}" if words else namespace
    return ", ".join([*([words] if words else []), *(f"{label} {value}" for label, value in sorted(labels.items()))])


def sentence(gate: Gate, result: GateResult, unit: Unit) -> str:
    """What a gate says about its value, whether it fired or not, or why it says nothing."""
    if result.note or result.value is None:
        return result.note
    says = _times if gate.relative else _FORMATS[unit]
    value, threshold = says(result.value), says(result.threshold)
    if result.outcome is not Outcome.FIRED:
        return f"{value}; this gate fires {gate.direction.value} {threshold}."
    return gate.says.format(value=value, threshold=threshold, where=place(result.where) or "the cluster")
