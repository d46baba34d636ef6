"""How servers and SDKs spell their metrics."""

from __future__ import annotations

from sre_copilot_hookspecs import Dialect, Emitter

# First bucket bounds: a server's timers begin at one millisecond, an SDK's request latency at fifty.
DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        "server-native",
        Emitter.SERVER,
        "A server with its default reporter: bare names, timers in seconds",
        first_timer_bound=0.001,
    ),
    Dialect(
        "server-opentelemetry",
        Emitter.SERVER,
        "A server with framework: opentelemetry: suffixes, timers in milliseconds",
        counter="{name}_total",
        timer="{name}_milliseconds",
        timer_scale=0.001,
        count_histogram="{name}_ratio",
        byte_histogram="{name}_bytes",
        raw_label_values=True,
    ),
    Dialect(
        "server-opentelemetry-seconds",
        Emitter.SERVER,
        "A server with framework: opentelemetry and recordTimerInSeconds",
        counter="{name}_total",
        timer="{name}_seconds",
        count_histogram="{name}_ratio",
        byte_histogram="{name}_bytes",
        raw_label_values=True,
    ),
    Dialect(
        "server-opentelemetry-plain",
        Emitter.SERVER,
        "A server with framework: opentelemetry and withoutUnitSuffix",
        counter="{name}_total",
        timer_scale=0.001,
        first_timer_bound=1.0,
        raw_label_values=True,
    ),
    Dialect(
        "sdk-milliseconds",
        Emitter.SDK,
        "SDK workers with default options: timers in milliseconds",
        timer_scale=0.001,
        first_timer_bound=50.0,
        raw_label_values=True,
    ),
    Dialect(
        "sdk-seconds",
        Emitter.SDK,
        "SDK workers with durations as seconds",
        first_timer_bound=0.05,
        raw_label_values=True,
    ),
    Dialect(
        "sdk-seconds-suffixed",
        Emitter.SDK,
        "SDK workers with durations as seconds and suffixes for units and totals",
        counter="{name}_total",
        timer="{name}_seconds",
        raw_label_values=True,
    ),
    Dialect(
        "sdk-milliseconds-suffixed",
        Emitter.SDK,
        "SDK workers with suffixes for units and totals",
        counter="{name}_total",
        timer="{name}_milliseconds",
        timer_scale=0.001,
        raw_label_values=True,
    ),
)
