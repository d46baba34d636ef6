"""A worker that is killed in the middle of a cycle is replaced in time, and nothing is forgotten."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from whenever import TimeDelta

from sre_copilot.workflows.cadence import task_timeout
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot_hookspecs import HealthState
from tests.workflow_fakes import ruleset, server, until
from tests.workflow_worker import CYCLE, lines, stored

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("workflows-killed")]

ROOT = Path(__file__).parents[2]


def start_worker(address, folder):
    command = [sys.executable, "-m", "tests.workflow_worker", address, "killed", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("moment", ["in mid-cycle", pytest.param("between cycles", marks=pytest.mark.slow)])
def test_no_gap_of_more_than_two_cycles_after_sigkill(tmp_path, moment):
    async def scenario():
        async with server() as environment:
            address = environment.client.service_client.config.target_host
            worker = start_worker(address, tmp_path)
            try:
                await environment.client.start_workflow(
                    ObserveClusterWorkflow.run,
                    ObserveInput("prod", CYCLE, ruleset()),
                    id="killed",
                    task_queue="killed",
                    task_timeout=TimeDelta(seconds=task_timeout(CYCLE)).to_stdlib(),
                )
                await until(lambda: len(stored(tmp_path)) >= 2)
                if moment == "in mid-cycle":
                    await until(lambda: len(lines(tmp_path / "observations")) >= 3)
                worker.kill()
                worker.wait()
                assert len(stored(tmp_path)) == 2
                worker = start_worker(address, tmp_path)
                await until(lambda: len(stored(tmp_path)) >= 4)
            finally:
                worker.kill()
                worker.wait()

    asyncio.run(scenario())
    receipts = stored(tmp_path)
    gaps = [(later.decision.at - earlier.decision.at).total("seconds") for earlier, later in pairwise(receipts)]
    assert max(gaps) <= 2 * CYCLE, gaps
    assert [receipt.decision.memory.critical_cycles for receipt in receipts[:4]] == [1, 2, 3, 4]
    assert receipts[3].decision.state is HealthState.CRITICAL
