"""The narrative source that reads files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sre_copilot_hookspecs import Cluster, LogLines, LogRequest
from sre_copilot_logfile.settings import LogfileSettings
from sre_copilot_logfile.tail import Tail


class LogfileSource:
    """Reads what was added to log files since the last time. The cursor holds how far each file was read."""

    key = "file"

    def __init__(self) -> None:
        self._settings: dict[str, LogfileSettings] = {}

    async def open(self, cluster: Cluster) -> bool:
        """Remember where the log of a cluster lies. The files need not be there yet."""
        settings = cluster.section(LogfileSettings)
        if not settings.paths:
            return False
        self._settings[cluster.name] = settings
        return True

    async def read(self, request: LogRequest) -> AsyncIterator[LogLines]:
        """The new lines in chunks, those of one file after those of another."""
        settings = self._settings.get(request.cluster)
        if settings is None:
            return
        chunks = Tail(settings, request).chunks()
        # Disks can be slow and lines many: the loop that reads the signals goes on meanwhile.
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk

    async def close(self) -> None:
        """Nothing stays open between two readings."""
        self._settings.clear()
