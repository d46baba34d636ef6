"""Writes the reference pages that follow from declarations: ``python docs/generate.py``.

With ``--check`` it writes nothing and fails when a page is not what the declarations say.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from api_page import api_page

from sre_copilot.compiler.values import kind_of, shown
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sentences import limit
from sre_copilot.health.sight import JUDGING
from sre_copilot_hookspecs import Band, Category, Dialect, Gate, Level, LogPattern, Parameter, Signal, Threshold, hooks

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
    from sre_copilot.plugins.manager import Manager

    signals: list[Signal] = [declared.value for declared in Manager.load().collect("copilot_signals")]
    parts = [
        (
            f"{GENERATED}\n# Signals\n\nWhat the built-in plugins measure. Rates are declared for a cycle of 30"
            " seconds; with a shorter cycle the windows shrink with it, to four cycles at the least.\n"
        )
    ]
    for service in dict.fromkeys(signal.service for signal in signals):
        parts.append(f"\n## {service}\n")
        parts += [_signal(signal) for signal in signals if signal.service == service]
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
    parts.append("\n## Worker rules\n\nWhat is never recommended, and what is said beside a recommendation.\n\n")
    rows = ([f"`{rule.key}`", ", ".join(f"`{fact}`" for fact in rule.when), rule.says] for rule in rules.worker_rules)
    parts.append(table(["rule", "holds while", "says"], rows))
    parts.append("\n## Findings\n\nWhat evaluators can find. None of it can make a cluster Critical.\n\n")
    parts.append(table(["finding", "evaluator", "plugin"], _findings()))
    return "".join(parts)


def states_diagram() -> str:
    """The states and what leads from one to another, with the numbers and gates of the built-in rules."""
    rules = _rules()
    patience, gates = rules.patience, Counter(gate.level for gate in rules.gates)
    critical, stressed = gates[Level.CRITICAL], gates[Level.STRESSED]
    judging = {gate.signal for gate in rules.gates if gate.level in JUDGING}
    watched = [rule.key for rule in rules.signals if rule.category is Category.PRIMARY and rule.key in judging]
    seen = f"{rules.visibility.blind_below:.0%} of {len(watched)} primary signals are seen"
    edges = {
        ("[*]", "unknown"): "",
        ("unknown", "happy"): f"{seen}, no gate objects",
        ("unknown", "stressed"): f"a gate fires, or blind for {patience.blind} cycles",
        ("happy", "stressed"): (
            f"one of {critical} critical or {stressed} stressed gates fires, pressure for {patience.pressure} cycles,"
            f" or blind for {patience.blind}"
        ),
        ("stressed", "critical"): f"a critical gate fires, in {patience.critical} consecutive cycles",
        ("critical", "stressed"): f"all {critical} are past their recovery margin and none is lost",
        ("stressed", "happy"): f"{patience.calm} calm cycles, or proven idle",
    }
    by_service: dict[str, list[str]] = {}
    services = {rule.key: rule.service for rule in rules.signals}
    for gate in rules.gates:
        if gate.level is Level.CRITICAL:
            by_service.setdefault(services[gate.signal], []).append(gate.signal)
    lines = [f"    {one} --> {other}{': ' + why if why else ''}" for (one, other), why in edges.items()]
    notes = [f"        {service} - {', '.join(dict.fromkeys(asked))}" for service, asked in by_service.items()]
    note = ["    note right of critical", "        What critical gates ask about", *notes, "    end note"]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, *note, "```"]) + "\n"


def _findings() -> Iterable[Iterable[str]]:
    from sre_copilot.plugins.manager import Manager

    for declared in Manager.load().collect("copilot_amplifier_evaluators"):
        for finding in declared.value.finds:
            yield [f"`{finding}`", f"`{declared.value.key}`", declared.plugin]


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
    return "; ".join(
        f"`{c.signal}` {c.direction.value} `{c.threshold}`{' at the same place' if c.same_place else ''}"
        for c in gate.when
    )


def _numbers(gate: Gate, thresholds: dict[str, Threshold]) -> list[str]:
    threshold = thresholds[gate.threshold]
    return [f"{gate.direction.value} {limit(gate, threshold, band)}" for band in Band]


def _rules() -> Ruleset:
    from sre_copilot.health.resolve import resolve
    from sre_copilot.plugins.manager import Manager

    return resolve(Manager.load().declarations())


def artifacts_page() -> str:
    """Every adapter with the files that it writes."""
    from sre_copilot.compiler.compiling import compile_request
    from sre_copilot.compiler.request import Request
    from sre_copilot.plugins.manager import Manager
    from sre_copilot_hookspecs import Explanation

    manager = Manager.load()
    configuration = compile_request(manager.configuration(), Request("mid-scale")).accepted()
    parts = [
        (
            f"{GENERATED}\n# Artifacts\n\nWhat `sre-copilot compile --out` writes. Adapters of kind sdk and platform"
            " are chosen with `--sdk` and `--platform`; the others always write.\n"
        )
    ]
    for declared in manager.collect("copilot_adapters"):
        adapter = declared.value
        about = _prose(inspect.getdoc(type(adapter)) or "")
        files = "\n".join(f"- `{artifact.path}`" for artifact in adapter.artifacts(configuration, Explanation("", ())))
        parts.append(
            f"\n## `{adapter.key}`\n\nKind: {adapter.kind}; plugin: {declared.plugin}.\n\n{about}\n\n{files}\n"
        )
    return "".join(parts)


def parameters_page() -> str:
    """Every parameter, preset, modifier and guard rail."""
    from sre_copilot.explain.configuration.listing import HEADINGS
    from sre_copilot.plugins.manager import Manager

    registry = Manager.load().configuration()
    parts = [
        (
            f"{GENERATED}\n# Configuration\n\nWhat `sre-copilot compile` knows. `sre-copilot explain KEY` tells more of"
            " each parameter, with its values in every preset.\n"
        )
    ]
    for kind, heading in HEADINGS.items():
        rows = (_parameter(parameter) for parameter in registry.parameters.values() if parameter.kind is kind)
        parts.append(f"\n## {heading}\n\n")
        parts.append(table(["parameter", "is", "default or derivation", "takes", "ends up as", "source"], rows))
    parts.append("\n## Presets\n\n")
    surfaced = [key for key in registry.parameters if any(key in dict(p.values) for p in registry.presets.values())]
    sizes = (
        [f"`{key}`", *(shown(dict(preset.values).get(key)) for preset in registry.presets.values())] for key in surfaced
    )
    parts.append(table(["parameter", *(f"`{key}`" for key in registry.presets)], sizes))
    parts.append("\n## Modifiers\n")
    for modifier in registry.modifiers.values():
        reasons = dict(modifier.reasons)
        parts.append(f"\n### `{modifier.key}`\n\n{modifier.description}\n\n")
        parts.append(
            table(["parameter", "value", "why"], ([f"`{k}`", shown(v), reasons.get(k, "")] for k, v in modifier.values))
        )
    parts.append("\n## Guard rails\n\nAn error stops the compilation after all of them were asked.\n\n")
    rails = ([f"`{rail.key}`", rail.verdict.value, rail.says, rail.source] for rail in registry.guard_rails)
    parts.append(table(["guard rail", "verdict", "says", "source"], rails))
    return "".join(parts)


def _parameter(parameter: Parameter) -> list[str]:
    derivation = parameter.derivation
    if derivation is None:
        origin = shown(parameter.default)
    else:
        origin = f"from {', '.join(f'`{name}`' for name in derivation.inputs)}: {derivation.because}"
    places = ", ".join(f"`{emission.name}` ({emission.target})" for emission in parameter.emitted)
    is_what = f"{parameter.description} {parameter.rationale}"
    return [f"`{parameter.key}`", is_what, origin, kind_of(parameter), places or "-", parameter.source]


def narrative_page() -> str:
    """Every log pattern of the built-in plugins, and what their logs never say."""
    from sre_copilot_dsql.patterns import PARSER as DSQL
    from sre_copilot_temporal.patterns import PARSER as TEMPORAL

    parts = [
        (
            f"{GENERATED}\n# Log patterns\n\nKinds of log lines that the built-in plugins know, at every level and"
            " without regard to case. A pattern that names services also knows lines that do not say who wrote them."
            " A severe one starts an assessment by itself. Gates on the signals that a pattern explains show it as"
            " evidence when it rises shortly before they fire; [Logs](../explanation/logs.md) says how.\n"
        )
    ]
    for parser in (TEMPORAL, DSQL):
        parts.append(f"\n## Parser `{parser.key}`\n")
        parts += [_pattern(pattern) for pattern in parser.patterns]
    parts.append("\n## What the logs never name\n\nCauses of which the log of a server tells nothing.\n\n")
    silences = [silence for parser in (TEMPORAL, DSQL) for silence in parser.silences]
    parts.append(table(["cause", "why"], ([f"`{silence.cause}`", silence.says] for silence in silences)))
    return "".join(parts)


def _pattern(pattern: LogPattern) -> str:
    looked_for = f'the text "{pattern.contains}"' if pattern.contains else f"the expression `{pattern.expression}`"
    by = f" Written by {', '.join(pattern.services)}." if pattern.services else ""
    explains = ", ".join(f"`{signal}`" for signal in pattern.supports) or "no signal"
    return (
        f"\n### `{pattern.key}`\n\n{pattern.means} {pattern.remedy}\n\n{pattern.severity.value.capitalize()}: "
        f"{looked_for}.{by} Explains {explains}.\n"
    )


PAGES: dict[str, Callable[[], str]] = {
    "hooks.md": hooks_page,
    "signals.md": signals_page,
    "dialects.md": dialects_page,
    "gates.md": gates_page,
    "parameters.md": parameters_page,
    "artifacts.md": artifacts_page,
    "narrative.md": narrative_page,
    "api.md": lambda: f"{GENERATED}\n{''.join(api_page(table))}",
}


BEGIN, END = "<!-- Written by docs/generate.py -->\n", "<!-- End of what is written -->\n"
PARTS: dict[str, Callable[[], str]] = {"../explanation/health.md": states_diagram}
"""Pages by hand with one part, between two marks, that follows from declarations."""


def _page_with(path: Path, part: str) -> str:
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{part}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    pages = {name: write() for name, write in PAGES.items()}
    pages |= {name: _page_with(REFERENCE / name, write()) for name, write in PARTS.items()}
    for name, text in pages.items():
        path = REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        print(f"Out of date: {', '.join(stale)}. Run: python3 dev.py docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
