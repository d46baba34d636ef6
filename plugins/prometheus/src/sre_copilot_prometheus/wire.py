"""What logical metrics and bucket bounds are called on the wire."""

from __future__ import annotations

import math

from sre_copilot_hookspecs import Counter, Dialect, Emitter, Gauge, Metric, Timer, Unit

BUCKET, SUM, COUNT = "_bucket", "_sum", "_count"

SYNTHETIC = frozenset({"up", "scrape_duration_seconds", "scrape_samples_scraped"})
"""Gauges that Prometheus has about each scrape, spelt the same in every dialect."""

EMITTERS = {"server": Emitter.SERVER, "worker": Emitter.SDK}
"""Whose dialects the processes of each role can speak."""


def native_dialect(emitter: Emitter) -> Dialect:
    """What is spoken where no plugin declared a dialect."""
    return Dialect("native", emitter, "names on the wire are the logical names")


def wire_name(dialect: Dialect, metric: Metric) -> str:
    """The family's name, without ``_bucket``, ``_sum`` and ``_count``."""
    if metric.name in SYNTHETIC:
        return metric.name
    renamed = dict(dialect.renames).get(metric.name)
    return renamed or _pattern(dialect, metric).replace("{name}", metric.name)


def _pattern(dialect: Dialect, metric: Metric) -> str:
    if isinstance(metric, Counter):
        return dialect.counter
    if isinstance(metric, Gauge):
        return dialect.gauge
    if isinstance(metric, Timer):
        return dialect.timer
    return dialect.byte_histogram if metric.unit is Unit.BYTES else dialect.count_histogram


def scale(dialect: Dialect, metric: Metric) -> float:
    """What one unit on the wire is in the metric's base unit."""
    return dialect.timer_scale if isinstance(metric, Timer) else 1.0


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
