"""Recorded assessments replay under this version, and a changed order of steps would be noticed."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.notify import NotifyWorkflow
from sre_copilot.workflows.scheduled_assessment import ScheduledAssessmentWorkflow
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from tests.record_assessments import FOLDER, PREFIX, SCENARIOS

FILES = sorted(FOLDER.glob(f"{PREFIX}*.json.gz"))

each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".json.gz"))


def replay(file):
    async def run():
        workflows = [AssessHealthWorkflow, ScheduledAssessmentWorkflow, NotifyWorkflow]
        replayer = Replayer(workflows=workflows, plugins=[sdk_plugin()])
        history = WorkflowHistory.from_json("recorded", gzip.decompress(file.read_bytes()).decode())
        return await replayer.replay_workflow(history, raise_on_replay_failure=False)

    return asyncio.run(run()).replay_failure


@each
def test_replays(file):
    assert replay(file) is None


def test_a_step_that_is_left_out_is_noticed(monkeypatch):
    async def keep(self, assessment):
        return None

    monkeypatch.setattr(AssessHealthWorkflow, "_keep", keep)
    assert replay(FOLDER / f"{PREFIX}quiet.json.gz") is not None


def test_every_scenario_is_recorded():
    assert {file.name.removeprefix(PREFIX).removesuffix(".json.gz") for file in FILES} == {
        scenario.__name__ for scenario in SCENARIOS
    }
