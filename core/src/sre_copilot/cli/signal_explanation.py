"""All about one signal: what it asks, how it is measured, and what its targets call that."""

from __future__ import annotations

import asyncio
import json
import sys

import attrs
from whenever import Instant

from sre_copilot.cli.context import Context
from sre_copilot.cli.signal_rows import DEADLINE, FULL, Row, chosen, is_warming, quick_context, row_of
from sre_copilot.health.sentences import place, quantity
from sre_copilot.observe import Observer
from sre_copilot_hookspecs import CopilotError, Signal, Spelling, Unit
from sre_copilot_hookspecs.nearest import did_you_mean


async def show_explanation(key: str, cluster: str | None, cycle: float, *, as_json: bool) -> None:
    """Print it.

    :raises CopilotError: if there is no such signal, or no such cluster.
    """
    context = quick_context(cycle)
    signal, plugin = _declared(context, key)
    row: Row | None = None
    spellings: tuple[Spelling, ...] = ()
    # Without a cluster there is still the declaration to tell.
    if cluster is not None or context.settings.clusters:
        row, spellings = await _read(context, chosen(context, cluster), signal, cycle)
    if as_json:
        sys.stdout.write(json.dumps(_document(signal, plugin, row, spellings)) + "\n")
        return
    sys.stdout.write("\n".join(_lines(signal, plugin, row, spellings)) + "\n")


def _declared(context: Context, key: str) -> tuple[Signal, str]:
    declared = context.manager.collect("copilot_signals")
    for one in declared:
        if one.value.key == key:
            return one.value, one.plugin
    raise CopilotError(f"there is no signal {key!r}{did_you_mean(key, [one.value.key for one in declared])}")


async def _read(context: Context, cluster: str, signal: Signal, cycle: float) -> tuple[Row, tuple[Spelling, ...]]:
    observer = Observer(context.manager, context.settings)
    try:
        observation = await observer.observe(cluster, Instant.now(), deadline=DEADLINE)
        if signal.measure is not None and is_warming(observation.reading):
            for _ in range(FULL - 1):
                await asyncio.sleep(cycle)
                observation = await observer.observe(cluster, Instant.now(), deadline=DEADLINE)
        found, source = observation.reading.samples[signal.key], observation.answered.get(signal.key, "none")
        return row_of(signal, found, source), await observer.spellings(cluster, signal.key)
    finally:
        await observer.close()


def _document(signal: Signal, plugin: str, row: Row | None, spellings: tuple[Spelling, ...]) -> dict[str, object]:
    return {
        "key": signal.key,
        "plugin": plugin,
        "asks": signal.asks,
        "category": signal.category.value,
        "service": signal.service,
        "unit": signal.unit.value,
        "measure": None if signal.measure is None else repr(signal.measure),
        "probe": signal.probe,
        "dimensions": list(signal.dimensions),
        "worst": None if signal.worst is None else signal.worst.value,
        "cap": signal.cap,
        "note": signal.note,
        "reading": None if row is None else attrs.asdict(row),
        "targets": [attrs.asdict(spelling) for spelling in spellings],
    }


def _lines(signal: Signal, plugin: str, row: Row | None, spellings: tuple[Spelling, ...]) -> list[str]:
    lines = [
        signal.key,
        f"  {signal.asks}",
        f"  {signal.category.value} signal of {signal.service}, in {signal.unit.value}; declared by plugin {plugin}.",
    ]
    if signal.note:
        lines.append(f"  {signal.note}")
    if signal.worst is not None:
        lines.append(f"  One value for each {', '.join(signal.dimensions)}; {signal.worst.value} counts.")
    if signal.probe is not None:
        lines.append(f"\nAsked by source {signal.probe}.")
    else:
        lines.append(f"\nMeasured by\n  {signal.measure!r}")
    lines += _targets(spellings)
    lines += _value(signal.unit, row)
    return lines


def _targets(spellings: tuple[Spelling, ...]) -> list[str]:
    lines = []
    for spelling in spellings:
        lines.append(f"\n{spelling.target} speaks {spelling.dialect}:")
        lines += [f"  {name}: {count} series" for name, count in spelling.names]
        if spelling.trouble:
            lines.append(f"  {spelling.trouble}")
    for query in dict.fromkeys(spelling.query for spelling in spellings if spelling.query):
        lines += ["\nAsked as", f"  {query}"]
    return lines


def _value(unit: Unit, row: Row | None) -> list[str]:
    if row is None:
        return ["\nNothing was read: no cluster is set up."]
    if row.missing is not None:
        return [f"\nNow {row.display}. {row.detail}"]
    lines = [f"\nNow {row.display}, from {row.source}, {row.age_seconds or 0:.0f} s old."]
    lines += [f"  {quantity(value, unit):>12}  {place(labels)}" for labels, value in row.series]
    if row.dropped:
        lines.append(f"  and {row.dropped} more")
    return lines + ([f"  {row.note}"] if row.note else [])
