"""``sre-copilot verify``."""

from __future__ import annotations

import asyncio
import json as writer
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from sre_copilot.health.decide import Engine
    from sre_copilot.health.receipt import Receipt
    from sre_copilot.health.recompute import Discrepancy
    from sre_copilot.health.ruleset import Ruleset
    from sre_copilot.store import Store

DIFFERENT = 1


@attrs.define
class Verified:
    """What computing decisions again came to."""

    cycles: int = 0
    engines: Counter[str] = attrs.field(factory=Counter)
    """Versions of the engine that decided, with the number of their decisions."""
    rulesets: Counter[str] = attrs.field(factory=Counter)
    discrepancy: Discrepancy | None = None


def verify(
    file: Path | None = None, /, *, since: str | None = None, cluster: str | None = None, json: bool = False
) -> int:
    """Compute stored decisions again, each with its own rules and memory, and report the first difference.

    :param file: an export to verify instead of the store; nothing else is needed then.
    :param since: how far to look back, such as 6h or 7d, or an instant; everything that is kept if left out.
    :param cluster: of this cluster only.
    :param json: print JSON.
    """
    return asyncio.run(_verify(file, since, cluster, as_json=json))


async def _verify(file: Path | None, since: str | None, cluster: str | None, *, as_json: bool) -> int:
    from whenever import Instant

    from sre_copilot.cli.spans import instant_of
    from sre_copilot_hookspecs import CopilotError

    start = instant_of(since, "--since") if since is not None else Instant.MIN
    verified = Verified()
    if file is not None:
        await _each(_archived(file, start, cluster), verified)
    else:
        from sre_copilot.cli.context import load_context
        from sre_copilot.cli.stored import open_store

        async with open_store(load_context()) as store:
            await _each(_stored(store, start, cluster), verified)
    if not verified.cycles:
        # To say that nothing differs would be true, and taken for proof.
        after = f" since {start.format_iso(unit='second')}" if since is not None else ""
        raise CopilotError(f"no decisions are kept{after}: there was nothing to verify")
    _say(verified, as_json=as_json)
    return DIFFERENT if verified.discrepancy is not None else 0


Entry = tuple["Engine", str, "Receipt"]


async def _each(entries: AsyncIterator[Entry], verified: Verified) -> None:
    from sre_copilot.cli.progress import progress
    from sre_copilot.health.recompute import recompute

    with progress("Computing decisions again") as advance:
        async for engine, decided_by, receipt in entries:
            verified.cycles += 1
            verified.engines[decided_by] += 1
            verified.rulesets[engine.digest] += 1
            verified.discrepancy = recompute(engine, receipt, decided_by=decided_by)
            if verified.discrepancy is not None:
                return
            if verified.cycles % 100 == 0:
                advance(0.0, f"{verified.cycles:,} cycles")


async def _stored(store: Store, since: Any, cluster: str | None) -> AsyncIterator[Entry]:
    from whenever import Instant

    from sre_copilot.cli.stored import choose
    from sre_copilot.health.encoding import from_json
    from sre_copilot.health.receipt import Receipt

    engines = _Engines()
    for known in choose(await store.clusters(), cluster):
        async for kept in store.kept_receipts(known.name, since, Instant.MAX):
            receipt = from_json(kept.text, Receipt)
            wanted = receipt.decision.ruleset
            if wanted not in engines.known:
                engines.add(wanted, await store.ruleset(wanted))
            yield engines.known[wanted], kept.engine, receipt


async def _archived(file: Path, since: Any, cluster: str | None) -> AsyncIterator[Entry]:
    from sre_copilot.cli.stored import choose_one
    from sre_copilot.store.archive import Archive

    archive = Archive(file)
    if cluster is not None:
        choose_one(tuple(each.name for each in archive.clusters), cluster)
    engines = _Engines()
    for name, ruleset in archive.rulesets().items():
        engines.add(name, ruleset)
    for block in archive.blocks(cluster):
        for decided_by, receipt in block.receipts:
            if receipt.decision.at >= since:
                wanted = receipt.decision.ruleset
                if wanted not in engines.known:
                    engines.add(wanted, None)
                yield engines.known[wanted], decided_by, receipt


class _Engines:
    """An engine for each ruleset that decided."""

    def __init__(self) -> None:
        self.known: dict[str, Engine] = {}

    def add(self, wanted: str, ruleset: Ruleset | None) -> None:
        from sre_copilot.health.decide import Engine
        from sre_copilot_hookspecs import CopilotError

        if ruleset is None:
            raise CopilotError(f"the rules {wanted[:12]} that decided are not kept, so nothing can be computed again")
        engine = Engine.of(ruleset)
        if engine.digest != wanted:
            raise CopilotError(f"the rules kept as {wanted[:12]} are other rules: their digest is {engine.digest[:12]}")
        self.known[wanted] = engine


def _say(verified: Verified, *, as_json: bool) -> None:
    from sre_copilot.health.ruleset import ENGINE

    if as_json:
        found = verified.discrepancy
        document = {
            "cycles": verified.cycles,
            "equal": found is None,
            "engine": ENGINE,
            "decided_by_engines": dict(verified.engines),
            "rulesets": dict(verified.rulesets),
            "difference": None if found is None else {**attrs.asdict(found), "at": found.at.format_iso()},
        }
        sys.stdout.write(writer.dumps(document, indent=2, default=str) + "\n")
        return
    by = ", ".join(f"{count:,} by engine {engine}" for engine, count in sorted(verified.engines.items()))
    rules = ", ".join(f"{name[:12]} ({count:,})" for name, count in verified.rulesets.most_common())
    sys.stdout.write(f"{verified.cycles:,} decisions computed again with engine {ENGINE}; they were made {by}.\n")
    sys.stdout.write(f"Rules: {rules}.\n")
    found = verified.discrepancy
    if found is None:
        sys.stdout.write("All are equal, bit for bit.\n")
        return
    sys.stdout.write(
        f"The last one differs: cluster {found.cluster}, cycle {found.at.format_iso()}, field {found.field}:"
        f" computed {found.expected!r}, stored {found.found!r}. Engine {found.engine} decided,"
        f" engine {ENGINE} computed.\n"
    )
