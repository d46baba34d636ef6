"""A worker that is killed while a model thinks: another one asks again, and only what was not answered."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest

from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_start import start_assessment, workflow_id
from tests.assessment_fakes import CRITICAL, order_for
from tests.workflow_fakes import server, until
from tests.workflow_worker import lines

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]


def started(address, folder):
    """Two workers for the task queue ``killed``."""
    command = [sys.executable, "-m", "tests.agents_worker", address, "killed", str(folder)]
    return [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]


def test_a_call_survives_the_worker_that_made_it(tmp_path):
    order = attrs.evolve(order_for(CRITICAL[-1], change=False), subject=f"test {time.monotonic_ns()}")

    async def scenario():
        async with asyncio.timeout(120), server() as environment:
            client = environment.client
            workers = started(client.service_client.config.target_host, tmp_path)
            try:
                await until(lambda: len(lines(tmp_path / "ready")) == 2, within=90)
                await start_assessment(client, order, task_queue="killed")
                await until(lambda: bool(lines(tmp_path / "researched")), within=20)
                os.kill(int(lines(tmp_path / "researched")[0]), signal.SIGKILL)
                handle = client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order))
                return await handle.result()
            finally:
                for worker in workers:
                    worker.kill()
                    worker.wait()

    outcome = asyncio.run(scenario())
    first, second = lines(tmp_path / "researched")
    assert first != second
    assert len(lines(tmp_path / "dispatched")) == 1
    assert outcome.explained_by == "scripted:strong"
