"""What is measured on a cluster now: from the API, or read directly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import attrs
from whenever import Instant

from sre_copilot.cli.context import Context, load_context
from sre_copilot.cli.status import api_client
from sre_copilot.health.observation import Observation
from sre_copilot.health.sentences import quantity
from sre_copilot.observe import Observer
from sre_copilot.observe.windows import SAMPLES
from sre_copilot_hookspecs import Missing, MissingReason, Reading, Sample, SettingsError, Signal

DEADLINE = 8.0
"""Seconds that one reading may take."""
FULL = SAMPLES + 1
"""Direct readings that fill a window. A rate over a window that is mostly empty is too low."""


@attrs.frozen
class Row:
    """One signal: a value, or the reason there is none."""

    key: str
    category: str
    service: str
    unit: str
    value: float | None
    display: str
    source: str
    age_seconds: float | None = None
    missing: str | None = None
    detail: str = ""
    note: str = ""
    series: tuple[tuple[Mapping[str, str], float], ...] = ()
    dropped: int = 0


@attrs.frozen
class Picture:
    """Every signal of a cluster at one instant."""

    cluster: str | None
    origin: str
    """``api`` or ``live``."""
    at: str | None
    rows: tuple[Row, ...]
    complete: bool = True
    """Whether the next readings would tell no more: the windows of rates are full."""
    problems: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of JSON."""
        document = {
            "cluster": self.cluster,
            "from": self.origin,
            "observed_at": self.at,
            "signals": [attrs.asdict(row) for row in self.rows],
            "problems": list(self.problems),
        }
        return json.dumps(document)


def served_pictures(cluster: str | None, api: str | None) -> Iterator[Picture]:
    """What the API says, each time it is asked.

    :raises ApiUnreachable: if none answers.
    """
    client = api_client(api)
    while True:
        document = client.document("/status", cluster=cluster)
        found = (*document["primary_signals"], *document["amplifiers"])
        rows = tuple(_served(row) for row in found)
        problems = tuple(problem["says"] for problem in document["problems"])
        yield Picture(document["cluster"], "api", document["observed_at"], rows, problems=problems)


def _served(row: dict[str, Any]) -> Row:
    known = {field.name for field in attrs.fields(Row)}
    given = {name: value for name, value in row.items() if name in known}
    return Row(**{**given, "source": row.get("source") or "api", "series": tuple(map(tuple, row["series"]))})


async def live_pictures(cluster: str | None, cycle: float) -> AsyncGenerator[Picture]:
    """Read a cluster directly, again and again.

    :raises SettingsError: if there is no such cluster.
    """
    context = quick_context(cycle)
    name = chosen(context, cluster)
    observer = Observer(context.manager, context.settings)
    signals = {declared.value.key: declared.value for declared in context.manager.collect("copilot_signals")}
    left = FULL
    try:
        while True:
            observation = await observer.observe(name, Instant.now(), deadline=DEADLINE)
            # A source with a past of its own has full windows from the first reading on.
            left = left - 1 if left < FULL or is_warming(observation.reading) else 0
            yield pictured(signals, observation, complete=left <= 0)
            await asyncio.sleep(cycle)
    finally:
        await observer.close()


def quick_context(cycle: float) -> Context:
    """Plugins and settings, with every cluster read that often."""
    context = load_context(on_failure=None)
    clusters = tuple(attrs.evolve(cluster, cycle=cycle) for cluster in context.settings.clusters)
    return context._replace(settings=attrs.evolve(context.settings, clusters=clusters))


def chosen(context: Context, asked: str | None) -> str:
    """The cluster that is meant: the one asked for, or the only one.

    :raises SettingsError: if that does not name one.
    """
    names = [cluster.name for cluster in context.settings.clusters]
    if asked is not None:
        return context.settings.cluster(asked).name
    if len(names) == 1:
        return names[0]
    if not names:
        raise SettingsError("no cluster is set up; add [clusters.NAME] to sre-copilot.toml")
    raise SettingsError(f"several clusters are set up; say with --cluster which: {', '.join(names)}")


def is_warming(reading: Reading) -> bool:
    """Whether rates wait for another reading."""
    return any(why.reason is MissingReason.WARMING_UP for _, why in reading.missing())


def pictured(signals: Mapping[str, Signal], observation: Observation, *, complete: bool) -> Picture:
    """A reading as rows."""
    reading = observation.reading
    rows = tuple(
        row_of(signal, reading.samples[key], observation.answered.get(key, "none"))
        for key, signal in signals.items()
        if key in reading.samples
    )
    told = tuple(problem.says for problem in observation.problems)
    return Picture(reading.cluster, "live", reading.at.format_iso(), rows, complete, told)


def row_of(signal: Signal, found: Sample | Missing, source: str) -> Row:
    """One signal's row."""
    named = (signal.key, signal.category.value, signal.service, signal.unit.value)
    if isinstance(found, Missing):
        reason = found.reason.value
        return Row(*named, None, f"missing: {reason.replace('_', ' ')}", source, missing=reason, detail=found.detail)
    series = tuple((dict(one.labels), one.value) for one in found.series)
    display = quantity(found.value, signal.unit)
    return Row(*named, found.value, display, source, found.age, note=found.note, series=series, dropped=found.dropped)
