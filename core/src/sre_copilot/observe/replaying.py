"""Readings of the past from a source that can answer for it, in columns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from whenever import Instant, TimeDelta

from sre_copilot.health.columns import Columns, columnise
from sre_copilot.observe.windows import fit
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings
from sre_copilot_hookspecs import CopilotError, ReplayRequest, ReplaysReadings, SourceUnavailable

AT_ONCE = 120
"""Readings of one question: an hour of half-minute cycles."""


async def replayed(
    stack: AsyncExitStack, manager: Manager, settings: Settings, name: str, span: tuple[Instant, Instant]
) -> AsyncIterator[Columns]:
    """The readings of a cluster that a source can give for a span of time, one question a block.

    :param stack: closes the source.
    :raises CopilotError: if no source of the cluster can, or it refuses.
    """
    cluster = settings.cluster(name)
    offered = manager.collect(
        "copilot_signal_sources",
        settings=settings,
        dialects=[entry.value for entry in manager.collect("copilot_dialects")],
        signers=[entry.value for entry in manager.collect("copilot_request_signers", settings=settings)],
    )
    source: Any = next((entry.value for entry in offered if isinstance(entry.value, ReplaysReadings)), None)
    if source is None:
        raise CopilotError("no plugin offers a source that can answer for the past; install sre-copilot-prometheus")
    stack.push_async_callback(source.close)
    await source.open(cluster)
    signals = fit([entry.value for entry in manager.collect("copilot_signals")], cluster.cycle)

    async def blocks() -> AsyncIterator[Columns]:
        start, until = span
        length = TimeDelta(seconds=cluster.cycle * AT_ONCE)
        while start < until:
            end = min(start + length, until)
            try:
                readings = await source.replay(ReplayRequest(name, signals, start, end, cluster.cycle))
            except SourceUnavailable as refusal:
                raise CopilotError(str(refusal)) from refusal
            if readings:
                yield columnise(readings)
            start = end

    return blocks()
