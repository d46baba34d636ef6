"""``sre-copilot backtest``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
from cyclopts import Parameter

if TYPE_CHECKING:
    from whenever import Instant

    from sre_copilot.cli.context import Context
    from sre_copilot.health.backtest import BacktestReport, Evaluate
    from sre_copilot.health.columns import Columns
    from sre_copilot.health.ruleset import Ruleset
    from sre_copilot.store import Store
    from sre_copilot.store.archive import Archive

STORE, PROMETHEUS = "store", "prometheus"
WARM_UP = 20
"""Cycles before the span that fill windows and counters; they are not counted."""


@attrs.frozen
class _Asked:
    """What was asked for on the command line."""

    since: Instant
    until: Instant
    cluster: str | None
    rules: str | None
    options: tuple[str, ...]
    against: str | None
    source: str


@attrs.frozen
class _Readings:
    """Where readings come from."""

    cluster: str
    cycle: float
    blocks: AsyncIterator[Columns]


def backtest(
    *,
    from_: Annotated[str, Parameter(name="--from")] = "24h",
    to: str = "now",
    cluster: str | None = None,
    rules: str | None = None,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative=())] = (),
    against: str | None = None,
    source: str = STORE,
    html: Path | None = None,
    json: bool = False,
) -> None:
    """Show what rules would have decided in the past: stored readings through evaluators and the same engine.

    :param from_: where to begin, such as 6h or 30d ago, or an instant such as 2026-03-01T12:00:00Z.
    :param to: where to end, as --from; now if left out.
    :param cluster: the cluster; may be left out where there is one.
    :param rules: the rules to try: a TOML or JSON file, stored:DIGEST, or current, which is the default.
    :param set_: try this threshold, as threshold=number; may be given several times.
    :param against: other rules to compare with, named as for --rules: every instant where the two differ is shown.
    :param source: store, prometheus, or an export file.
    :param html: also write the picture as a page of its own.
    :param json: print JSON.
    """
    from sre_copilot.cli.backtest_page import page_of
    from sre_copilot.cli.backtest_text import document_of, show
    from sre_copilot.cli.spans import instant_of
    from sre_copilot_hookspecs import CopilotError

    since, until = instant_of(from_, "--from"), instant_of(to, "--to")
    if since >= until:
        raise CopilotError(f"--from {from_!r} is not before --to {to!r}")
    if html is not None and not html.absolute().parent.is_dir():
        raise CopilotError(f"{html} cannot be written: there is no folder {html.absolute().parent}")
    asked = _Asked(since, until, cluster, rules, set_, against, source)
    report = asyncio.run(_backtest(asked))
    if html is not None:
        _write(html, page_of(report, since, until))
    if json:
        sys.stdout.write(document_of(report, since, until) + "\n")
    else:
        show(report, since, until)
        if html is not None:
            sys.stdout.write(f"{html} holds the picture.\n")


def _write(path: Path, text: str) -> None:
    from sre_copilot_hookspecs import CopilotError

    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as failure:
        draft.unlink(missing_ok=True)
        raise CopilotError(f"{path} cannot be written: {failure.strerror or failure}") from failure


async def _backtest(asked: _Asked) -> BacktestReport:
    from whenever import TimeDelta

    from sre_copilot.cli.context import load_context
    from sre_copilot.cli.progress import progress
    from sre_copilot.health.backtest import Backtest
    from sre_copilot.health.decide import Engine
    from sre_copilot_hookspecs import CopilotError

    context = load_context()
    async with AsyncExitStack() as stack:
        store = await _store(stack, context, asked)
        archive = _archive(asked.source)
        cluster, cycle = await _cluster(context, asked, store, archive)
        rulesets = await _rulesets(context, asked, cluster, store)
        warm = asked.since - TimeDelta(seconds=WARM_UP * cycle)
        blocks = await _blocks(stack, context, asked, store, archive, _Place(cluster, cycle, warm))
        test = Backtest(
            [Engine.of(ruleset) for ruleset in rulesets], _evaluators(context), cycle=cycle, since=asked.since
        )
        whole = (asked.until - warm).total("seconds")
        with progress("Back-testing") as advance:
            async for block in blocks:
                within = block.within(warm, asked.until)
                if within is None:
                    continue
                test.feed(within)
                advance((within.at[-1] - warm).total("seconds") / whole, within.at[-1].format_iso(unit="minute"))
    report = test.report()
    if not any(replayed.cycles for replayed in report.replayed):
        raise CopilotError(
            f"there are no readings of {cluster} from {asked.since.format_iso(unit='second')}"
            f" to {asked.until.format_iso(unit='second')}"
        )
    return report


@attrs.frozen
class _Place:
    cluster: str
    cycle: float
    since: Instant


async def _store(stack: AsyncExitStack, context: Context, asked: _Asked) -> Store | None:
    from sre_copilot.cli.rule_sources import needs_store
    from sre_copilot.cli.stored import open_store

    named = [name for name in (asked.rules, asked.against) if name is not None]
    if asked.source != STORE and not any(map(needs_store, named)):
        return None
    return await stack.enter_async_context(open_store(context))


def _archive(source: str) -> Archive | None:
    from sre_copilot.store.archive import Archive
    from sre_copilot_hookspecs import CopilotError
    from sre_copilot_hookspecs.nearest import nearest

    if source in (STORE, PROMETHEUS):
        return None
    if not Path(source).is_file():
        meant = nearest(source, (STORE, PROMETHEUS))
        hint = f"; did you mean {meant!r}?" if meant else f"; give {STORE}, {PROMETHEUS} or an export file"
        raise CopilotError(f"--source {source!r} is no file{hint}")
    return Archive(Path(source))


async def _cluster(context: Context, asked: _Asked, store: Store | None, archive: Archive | None) -> tuple[str, float]:
    """The cluster, and the seconds between its readings."""
    from sre_copilot.cli.stored import choose_one

    if archive is not None:
        cycles = {each.name: each.cycle_seconds for each in archive.clusters}
    elif asked.source == PROMETHEUS:
        cycles = {each.name: each.cycle for each in context.settings.clusters}
    else:
        assert store is not None
        cycles = {each.name: each.cycle_seconds for each in await store.clusters()}
    name = choose_one(tuple(cycles), asked.cluster)
    return name, cycles[name]


async def _rulesets(context: Context, asked: _Asked, cluster: str, store: Store | None) -> list[Ruleset]:
    from sre_copilot.cli.rule_sources import (
        CURRENT,
        Overrides,
        current_rules,
        overrides_of_options,
        rules_named,
    )
    from sre_copilot_hookspecs import CopilotError

    thresholds = overrides_of_options(asked.options)
    if thresholds and asked.rules not in (None, CURRENT):
        raise CopilotError("--set changes the rules of the settings; it cannot be given together with --rules")
    if thresholds:
        tried = current_rules(context, cluster, Overrides(thresholds))
    else:
        tried = await rules_named(context, asked.rules or CURRENT, cluster, store)
    if asked.against is None:
        return [tried]
    return [tried, await rules_named(context, asked.against, cluster, store)]


async def _blocks(
    stack: AsyncExitStack,
    context: Context,
    asked: _Asked,
    store: Store | None,
    archive: Archive | None,
    place: _Place,
) -> AsyncIterator[Columns]:
    if archive is not None:
        return _archived(archive, place.cluster)
    if asked.source == PROMETHEUS:
        from sre_copilot.observe.replaying import replayed

        return await replayed(stack, context.manager, context.settings, place.cluster, (place.since, asked.until))
    assert store is not None
    return store.readings(place.cluster, place.since, asked.until)


async def _archived(archive: Archive, cluster: str) -> AsyncIterator[Columns]:
    for block in archive.blocks(cluster, decisions=False):
        yield block.columns


def _evaluators(context: Context) -> Evaluate:
    from sre_copilot.observe.evaluating import evaluate_now

    evaluators = context.manager.collect("copilot_amplifier_evaluators")
    signals = frozenset(entry.value.key for entry in context.manager.collect("copilot_signals"))
    return lambda window: evaluate_now(evaluators, window, signals)
