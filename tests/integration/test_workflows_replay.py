"""Recorded histories replay under this version, under other rules, and by another engine."""

from __future__ import annotations

import asyncio
import gzip

import attrs
import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from sre_copilot.health.decide import Engine
from sre_copilot.health.memory import Memory
from sre_copilot.workflows.messages import ObserveInput, RecordOutcome
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot.workflows.payloads import DATA_CONVERTER
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot_hookspecs import HealthState
from tests.record_histories import FOLDER, SCENARIOS

FILES = sorted(FOLDER.glob("observe_cluster_*.json.gz"))

each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".json.gz"))


def history_of(file):
    return WorkflowHistory.from_json("sre-copilot-observe-prod", gzip.decompress(file.read_bytes()).decode())


def replay(history):
    async def run():
        replayer = Replayer(workflows=[ObserveClusterWorkflow], plugins=[sdk_plugin()])
        return await replayer.replay_workflow(history, raise_on_replay_failure=False)

    return asyncio.run(run()).replay_failure


def decoded(payloads, kind):
    async def decode():
        return (await DATA_CONVERTER.decode(payloads.payloads, [kind]))[0]

    return asyncio.run(decode())


def recorded_memories(history) -> list[Memory]:
    """What the run began with, and what each cycle's recording returned."""
    started = history.events[0].workflow_execution_started_event_attributes
    markers = [
        event.marker_recorded_event_attributes
        for event in history.events
        if event.HasField("marker_recorded_event_attributes")
    ]
    outcomes = [decoded(marker.details["result"], RecordOutcome) for marker in markers[1::2]]
    return [decoded(started.input, ObserveInput).memory, *(outcome.memory for outcome in outcomes)]


@pytest.fixture
def met(monkeypatch):
    """The memories that decisions were computed from during replay, by an engine that decides otherwise."""
    memories: list[Memory] = []
    honest = Engine.decide

    def decide(self, memory, observation):
        memories.append(memory)
        decision = honest(self, memory, observation)
        return attrs.evolve(
            decision,
            state=HealthState.CRITICAL,
            memory=Memory(state=HealthState.CRITICAL, cycles=10_000 + memory.cycles),
        )

    monkeypatch.setattr(Engine, "decide", decide)
    return memories


@each
def test_replays(file):
    assert replay(history_of(file)) is None


@each
def test_goes_on_from_what_was_recorded_however_the_engine_decides_now(file, met):
    history = history_of(file)
    assert replay(history) is None
    recorded = recorded_memories(history)
    assert len(met) >= 3
    assert met == recorded[: len(met)]
    assert len(recorded) - len(met) <= 1


@each
def test_replays_under_other_rules_and_another_engine_version(file, monkeypatch):
    honest = Engine.of.__func__

    def of(cls, ruleset):
        thresholds = tuple(attrs.evolve(threshold, starter=threshold.starter / 100) for threshold in ruleset.thresholds)
        return honest(cls, attrs.evolve(ruleset, thresholds=thresholds, engine="another"))

    monkeypatch.setattr(Engine, "of", classmethod(of))
    assert replay(history_of(file)) is None


@each
def test_a_command_that_depended_on_a_decision_would_be_noticed(file, monkeypatch):
    honest = ObserveClusterWorkflow._record

    async def record(self, receipt):
        return await honest(self, receipt) if receipt.decision.changed else None

    monkeypatch.setattr(ObserveClusterWorkflow, "_record", record)
    assert replay(history_of(file)) is not None


def test_every_scenario_is_recorded():
    recorded = {known.name.removeprefix("observe_cluster_").rsplit("_", 1)[0] for known in FILES}
    assert recorded == {scenario.__name__ for scenario in SCENARIOS}
