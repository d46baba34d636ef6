"""Writes the reference pages that follow from declarations: ``python docs/generate.py``.

With ``--check`` it writes nothing and fails when a page is not what the declarations say.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sentences import quantity
from sre_copilot_hookspecs import Band, Dialect, Gate, Level, Signal, Threshold, hooks

REFERENCE = Path(__file__).parent / "reference"
GENERATED = "<!-- Written by docs/generate.py from the declarations; edit those. -->\n"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(header)]
    lines.append(["---"] * len(lines[0]))
    lines += [[cell.replace("|", r"\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def hooks_page() -> str:
    """Every hook with its arguments, its documentation and its example."""
    specifications = [value for name, value in vars(hooks).items() if name.startswith("copilot_")]
    parts = [f"{GENERATED}\n# Hooks\n\n{_prose(inspect.getdoc(hooks) or '')}\n"]
    for specification in specifications:
        arguments = ", ".join(inspect.signature(specification).parameters)
        parts.append(
            f"\n## `{specification.__name__}({arguments})`\n\n{_markdown(inspect.getdoc(specification) or '')}\n"
        )
    return "".join(parts)


def _markdown(text: str) -> str:
    """A docstring with its literal block as a code block and its parameters as a list."""
    before, _, example = text.partition("@hookimpl")
    lines = [_line(line) for line in before.rstrip().removesuffix("::").rstrip().splitlines() if line.strip() != "::"]
    code = "@hookimpl" + inspect.cleandoc("@hookimpl" + example)[len("@hookimpl") :]
    words = "\n".join(lines).rstrip()
    return f"{words}{'' if words[-1] in '.)' else '.'}" + f"\n\n```python\n{inspect.cleandoc(code)}\n```"


def _prose(text: str) -> str:
    return text.replace("::\n", ":\n").replace("``", "`")


def _line(line: str) -> str:
    stripped = line.strip()
    if stripped.startswith(":param "):
        name, _, words = stripped.removeprefix(":param ").partition(":")
        return f"- `{name}`: {words.strip()}"
    return stripped.replace("``", "`")


def signals_page() -> str:
    """Every signal with its question and its measure."""
    from sre_copilot_temporal.signals import SIGNALS

    parts = [
        (
            f"{GENERATED}\n# Signals\n\nWhat the built-in plugins measure. Rates are declared for a cycle of 30"
            " seconds; with a shorter cycle the windows shrink with it, to four cycles at the least.\n"
        )
    ]
    for service in dict.fromkeys(signal.service for signal in SIGNALS):
        parts.append(f"\n## {service}\n")
        parts += [_signal(signal) for signal in SIGNALS if signal.service == service]
    return "".join(parts)


def _signal(signal: Signal) -> str:
    measure = repr(signal.measure) if signal.measure is not None else f"asked by source {signal.probe}"
    worst = f" One value for each {', '.join(signal.dimensions)}; {signal.worst.value} counts." if signal.worst else ""
    note = f"\n\n{signal.note}" if signal.note else ""
    return (
        f"\n### `{signal.key}`\n\n{signal.asks} {signal.category.value.capitalize()}; unit: {signal.unit.value}.{worst}"
        f"{note}\n\n    {measure}\n"
    )


def dialects_page() -> str:
    """Every dialect with its patterns and its renamed metrics."""
    from sre_copilot_temporal.dialects import DIALECTS

    parts = [
        (
            f"{GENERATED}\n# Dialects\n\nHow servers and SDKs spell their metrics. Which one is spoken is found out"
            " from the names and the bucket bounds that processes offer; `sre-copilot signals --explain KEY` shows it,"
            " `clusters.NAME.prometheus.dialect` and `clusters.NAME.exposition.dialect` override it.\n"
        )
    ]
    return "".join([*parts, *map(_dialect, DIALECTS)])


def _dialect(dialect: Dialect) -> str:
    parts = [f"\n## `{dialect.key}`\n\n{dialect.describes}.\n\n"]
    if dialect.aggregated:
        told = ", ".join(f"{q:g} (`{suffix}`)" for q, suffix in dialect.told_quantiles)
        parts.append(
            "Counters come as gauges of a per-second rate over the last minute: a rate is the gauge, an increase the"
            f" gauge times the window. Of timers the quantiles {told} come as gauges; no others can be known, nor"
            " means and shares. Several series of one quantile count by the highest. Samples are"
            f" {dialect.lag:g} s old when they arrive. What is not in the table is not emitted.\n\n"
        )
        spelt = (f"`{each.logical}` is `{each.wire}`" for each in dialect.labels if each.logical != each.wire)
        parts.append(f"Of the labels, {', '.join(spelt)}.\n\n")
        parts.append(table(["metric", "on the wire"], ([f"`{a}`", f"`{b}`"] for a, b in dialect.renames)))
        return "".join(parts)
    rows = [["counter", f"`{dialect.counter}`"], ["gauge", f"`{dialect.gauge}`"]]
    unit = "seconds" if dialect.timer_scale == 1 else "milliseconds"
    rows += [["timer", f"`{dialect.timer}`, in {unit}"], ["histogram of counts", f"`{dialect.count_histogram}`"]]
    rows += [["histogram of bytes", f"`{dialect.byte_histogram}`"]]
    return "".join([*parts, table(["what", "name"], rows)])


def gates_page() -> str:
    """Every gate with its thresholds, and every cause."""
    rules = _rules()
    thresholds = {threshold.key: threshold for threshold in rules.thresholds}
    parts = [f"{GENERATED}\n# Gates, thresholds and causes\n"]
    for level in Level:
        gates = [gate for gate in rules.gates if gate.level is level]
        rows = ([f"`{gate.key}`", _condition(gate), *_numbers(gate, thresholds), gate.says] for gate in gates)
        parts.append(f"\n## {level.value.capitalize()}\n\n{inspect.cleandoc(_meaning(level))}\n\n")
        parts.append(table(["gate", "judged when", *(band.value for band in Band), "says"], rows))
    parts.append("\n## Causes\n\nFrom the most specific to the least.\n\n")
    causes = sorted(rules.causes, key=lambda cause: -cause.rank)
    parts.append(table(["cause", "means", "first thing to do"], ([c.name, c.says, c.actions[0].says] for c in causes)))
    return "".join(parts)


def _meaning(level: Level) -> str:
    return {
        Level.CRITICAL: "Forward progress is lost.",
        Level.STRESSED: "Forward progress suffers or soon will.",
        Level.HEALTHY: "Progress is as it should be. Happy needs every one that can be read.",
        Level.EVIDENCE: "Facts that tell causes apart; they change no state.",
        Level.IDLE: "All must fire before a cluster counts as idle.",
        Level.SYSTEM_BUSY: "One suffices for housekeeping mode.",
        Level.RECOVERING: "All must fire before a cluster counts as recovering.",
    }[level]


def _condition(gate: Gate) -> str:
    return "; ".join(f"`{c.signal}` {c.direction.value} `{c.threshold}`" for c in gate.when)


def _numbers(gate: Gate, thresholds: dict[str, Threshold]) -> list[str]:
    threshold = thresholds[gate.threshold]
    return [f"{gate.direction.value} {quantity(threshold.at(band), threshold.unit)}" for band in Band]


def _rules() -> Ruleset:
    from sre_copilot.health.resolve import resolve
    from sre_copilot.plugins.manager import Manager

    return resolve(Manager.load().declarations())


PAGES: dict[str, Callable[[], str]] = {
    "hooks.md": hooks_page,
    "signals.md": signals_page,
    "dialects.md": dialects_page,
    "gates.md": gates_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    for name, write in PAGES.items():
        path, text = REFERENCE / name, write()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"Out of date: {', '.join(stale)}. Run: python3 dev.py docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
