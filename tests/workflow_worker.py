"""A worker in a process of its own, to be killed: ``python -m tests.workflow_worker ADDRESS TASK_QUEUE FOLDER``.

What it observes and stores is appended to files in the folder, one line each.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from temporalio.client import Client
from whenever import Instant

from sre_copilot.health.encoding import from_document, to_document
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.delivery import Entry
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot.workflows.worker import make_worker
from tests.workflow_fakes import FakeObserver, ruleset

CYCLE = 5.0
OBSERVING = 1.5
"""Seconds: long enough to be killed in."""


class FileObserver(FakeObserver):
    """Sees a backlog that makes the cluster critical, and notes when it begins to look."""

    def __init__(self, folder: Path) -> None:
        super().__init__(ruleset(), lambda _: 100.0)
        self.takes = OBSERVING
        self._file = folder / "observations"

    async def observe(
        self, cluster_name: str, at: Instant, *, deadline: float, limits: Mapping[str, float]
    ) -> Observation:
        append(self._file, at.format_iso())
        return await super().observe(cluster_name, at, deadline=deadline, limits=limits)


class FileStore:
    """Keeps receipts in a file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "receipts"

    async def record(self, receipts: Sequence[Entry]) -> None:
        for receipt, _ in receipts:
            append(self._file, json.dumps(to_document(receipt)))

    async def save_ruleset(self, ruleset: Ruleset) -> None:
        return


def append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(line + "\n")


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def stored(folder: Path) -> list[Receipt]:
    return [from_document(json.loads(line), Receipt) for line in lines(folder / "receipts")]


async def main(address: str, task_queue: str, folder: Path) -> None:
    client = await Client.connect(address, plugins=[sdk_plugin()])
    activities = ClusterActivities(FileObserver(folder), FileStore(folder))
    await make_worker(client, activities, cycles=[CYCLE], task_queue=task_queue).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
