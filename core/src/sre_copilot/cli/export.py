"""``sre-copilot export``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whenever import Instant

    from sre_copilot.cli.progress import Advance
    from sre_copilot.store import KeptReceipt, Store
    from sre_copilot.store.archive import ArchiveWriter


def export(file: Path, /, *, since: str = "24h", until: str = "now", cluster: str | None = None) -> None:
    """Write decisions, with everything they were made from, into one compressed file.

    The file is for sre-copilot verify and sre-copilot backtest, on any machine, without the store.

    :param file: the file to write, such as decisions.sre-copilot; it appears when it is whole.
    :param since: how far to look back, such as 6h or 7d, or an instant.
    :param until: the end of the span, as --since; now if left out.
    :param cluster: of this cluster only.
    """
    from sre_copilot.cli.spans import instant_of
    from sre_copilot_hookspecs import CopilotError

    start, end = instant_of(since, "--since"), instant_of(until, "--until")
    if start >= end:
        raise CopilotError(f"--since {since!r} is not before --until {until!r}")
    if not file.absolute().parent.is_dir():
        raise CopilotError(f"{file} cannot be written: there is no folder {file.absolute().parent}")
    if file.is_dir():
        raise CopilotError(f"{file} is a folder; name a file")
    decisions, readings = asyncio.run(_export(file, start, end, cluster))
    size = file.stat().st_size / 1024
    sys.stdout.write(f"{file}: {decisions:,} decisions, {readings:,} readings, {size:,.0f} KiB.\n")


async def _export(file: Path, since: Instant, until: Instant, cluster: str | None) -> tuple[int, int]:
    import sre_copilot
    from sre_copilot.cli.context import load_context
    from sre_copilot.cli.progress import progress
    from sre_copilot.cli.stored import choose, open_store
    from sre_copilot.store.archive import ArchivedCluster, writing
    from sre_copilot_hookspecs import CopilotError

    async with open_store(load_context()) as store:
        chosen = choose(await store.clusters(), cluster)
        with writing(file) as archive, progress("Exporting") as advance:
            about = [ArchivedCluster(known.name, known.cycle_seconds) for known in chosen]
            archive.begin(about, since, until, f"sre-copilot {sre_copilot.__version__}")
            for known in chosen:
                await _cluster(store, archive, known.name, (since, until), advance)
            if not archive.readings:
                raise CopilotError(
                    f"nothing is kept from {since.format_iso(unit='second')} to {until.format_iso(unit='second')}"
                )
            archive.end()
    return archive.cycles, archive.readings


async def _cluster(
    store: Store, archive: ArchiveWriter, cluster: str, span: tuple[Instant, Instant], advance: Advance
) -> None:
    from sre_copilot.health.encoding import from_json
    from sre_copilot.health.receipt import Receipt
    from sre_copilot.store.archive import AT_ONCE

    since, until = span
    waiting: list[KeptReceipt] = []
    first = True
    async for kept in store.kept_receipts(cluster, since, until):
        decision = from_json(kept.text, Receipt).decision
        if first:
            await _older(store, archive, cluster, since, decision.at)
            first = False
        if not archive.knows(decision.ruleset):
            await _rules(store, archive, decision.ruleset)
        waiting.append(kept)
        if len(waiting) == AT_ONCE:
            archive.add_decisions(waiting)
            waiting = []
            share = (decision.at - since).total("seconds") / (until - since).total("seconds")
            advance(share, f"{archive.cycles:,} decisions of {cluster}")
    archive.add_decisions(waiting)
    if first:
        await _older(store, archive, cluster, since, until)


async def _older(store: Store, archive: ArchiveWriter, cluster: str, since: Instant, until: Instant) -> None:
    """Readings from before the first decision that is kept."""
    if since >= until:
        return
    async for columns in store.readings(cluster, since, until):
        within = columns.within(since, until)
        if within is not None:
            archive.add_readings(within)


async def _rules(store: Store, archive: ArchiveWriter, wanted: str) -> None:
    from sre_copilot_hookspecs import CopilotError

    ruleset = await store.ruleset(wanted)
    if ruleset is None:
        raise CopilotError(f"the rules {wanted[:12]} that decided are not kept; export a span without them")
    archive.add_ruleset(ruleset)
