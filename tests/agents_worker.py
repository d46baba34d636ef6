"""A worker with agents, to be killed: ``python -m tests.agents_worker ADDRESS TASK_QUEUE FOLDER``.

Whoever asks a model appends its process id to a file; the first researcher never gets an answer.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import attrs
from temporalio.client import Client

from sre_copilot.assess.agents import make_agents
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assessment_activities import AssessmentActivities, Surroundings
from sre_copilot.workflows.word_assessment import WordAssessmentWorkflow, use_agents
from sre_copilot.workflows.worker import make_worker
from tests.assessment_fakes import CRITICAL, AssessmentStore
from tests.scripted_models import ASKING, Script, agent_plugins, deep
from tests.workflow_fakes import FakeObserver, ruleset
from tests.workflow_worker import append, lines


@attrs.define
class Noted(Script):
    """Notes who asks whom."""

    file: Path = Path()
    hangs_first: bool = False

    def note(self) -> None:
        append(self.file, str(os.getpid()))
        self.hangs = 60.0 if self.hangs_first and len(lines(self.file)) == 1 else 0.0


def scripts(folder: Path) -> tuple[Noted, Noted]:
    """The fast and the strong model."""
    words = {"paragraphs": [{"key": "meaning", "text": "No workers poll, so nothing is done."}]}
    return Noted(deep, file=folder / "dispatched"), Noted(
        lambda shown: words, file=folder / "researched", hangs_first=True
    )


async def main(address: str, task_queue: str, folder: Path) -> None:
    fast, strong = scripts(folder)
    use_agents(make_agents(fast.model(), strong.model(), timeout=10.0))
    client = await Client.connect(address, plugins=agent_plugins())
    store = AssessmentStore(CRITICAL)
    worker = make_worker(
        client,
        ClusterActivities(FakeObserver(ruleset()), store),
        cycles=[2.0],
        task_queue=task_queue,
        assessing=AssessmentActivities(store, Surroundings(asking=attrs.evolve(ASKING, seconds=11.0))),
        more=(WordAssessmentWorkflow,),
    )
    append(folder / "ready", str(os.getpid()))
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
