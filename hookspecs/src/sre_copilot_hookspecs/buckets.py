"""What must be said of a quantile, given the bucket it was interpolated in."""

from __future__ import annotations

import math
from collections.abc import Iterable

from sre_copilot_hookspecs.units import Unit

SYMBOLS = {Unit.SECONDS: " s", Unit.BYTES: " B"}
# The recorded ladders double at least; a narrower bucket would hardly be worth a remark.
_WIDE = 2


def bucket_note(lower: float, upper: float, unit: Unit) -> str:
    """A remark on a quantile between two bucket bounds, if they are far apart; empty if they are not.

    :param upper: infinite when the quantile lies above every finite bound.
    """
    symbol = SYMBOLS.get(unit, "")
    if math.isinf(upper):
        return f"above the highest bucket bound, {lower:g}{symbol}"
    if upper >= _WIDE * lower:
        return f"within the bucket from {lower:g}{symbol} to {upper:g}{symbol}"
    return ""


def bucket_around(value: float, bounds: Iterable[float]) -> tuple[float, float] | None:
    """The bucket that a quantile of this value was interpolated in; ``None`` where there is no bound.

    What equals the highest finite bound is taken to lie above it: that is how Prometheus answers then.
    """
    ladder = sorted({bound for bound in bounds if math.isfinite(bound)})
    if not ladder:
        return None
    if value >= ladder[-1] * (1 - 1e-12):
        return ladder[-1], math.inf
    upper = next(bound for bound in ladder if value <= bound)
    below = [bound for bound in ladder if bound < upper]
    return (below[-1] if below else 0.0), upper
