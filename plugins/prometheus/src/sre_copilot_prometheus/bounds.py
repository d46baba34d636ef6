"""How exporters write the bounds of buckets."""

from __future__ import annotations

import math


def spellings_of(bound: float, factor: float) -> tuple[str, ...]:
    """How exporters may write a bucket bound, given in base units; ``factor`` is one wire unit in them.

    A label is text: Go writes ``1e+06`` where Rust writes ``1000000`` and Python ``1000000.0``.
    """
    on_wire = float(f"{bound / factor:.12g}")
    found = [f"{on_wire:.12g}", repr(on_wire)]
    if on_wire < 1e15:
        plain = f"{on_wire:.12f}".rstrip("0").rstrip(".")
        found += [plain, plain if "." in plain else f"{plain}.0"]
    mantissa, exponent = f"{on_wire:e}".split("e")
    if not math.isinf(on_wire):
        digits = mantissa.rstrip("0").rstrip(".")
        found.append(f"{digits}e{exponent}")
    return tuple(dict.fromkeys(found))
