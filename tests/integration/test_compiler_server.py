"""Compiled dynamic configuration against the real server, which accepts unknown keys and wrong types with a shrug."""

from __future__ import annotations

import asyncio
import csv
import json
import mmap
import uuid
from pathlib import Path

import pytest
import yaml
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from whenever import TimeDelta

from sre_copilot_hookspecs import DYNAMIC_CONFIG, ParameterType
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.temporal_server import temporal_binary
from tests.compiled import PRESETS, compiled, files, registry

pytestmark = pytest.mark.integration

DATA = Path(__file__).parent.parent / "data"
TYPES = {ParameterType.INTEGER: "Int", ParameterType.BOOLEAN: "Bool", ParameterType.DURATION: "Duration"}
COMPLAINTS = {
    "value type is not int": "Int",
    "value type is not bool": "Bool",
    "value not convertible to Duration": "Duration",
}
"""What the server's log says of a value that it cannot convert, and the type it wanted."""


def sourced(name: str) -> dict[str, str]:
    """A committed table: the first column by the second."""
    with (DATA / name).open() as lines:
        rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    key, kind = list(rows[0])[:2]
    return {row[key]: row[kind] for row in rows}


KEYS = sourced("dynamic_config_keys.tsv")
EMITTED = {
    emission.name: parameter
    for parameter in registry().parameters.values()
    for emission in parameter.emissions(DYNAMIC_CONFIG)
}


@pytest.fixture(scope="module")
def binary():
    with temporal_binary().open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        yield held


@pytest.mark.parametrize("key", sorted(EMITTED))
def test_a_key_stands_in_the_server_letter_by_letter(binary, key):
    assert binary.find(key.encode()) >= 0


@pytest.mark.parametrize(
    "key",
    [
        "persistence.maxConns",
        "persistence.transactionSizeLimit",
        "history.maxBufferedQueryCount",
        "matching.numTaskQueueReadPartitions",
        "history.persistenceMaximumQPS",
    ],
)
def test_a_key_that_does_not_exist_is_not_found(binary, key):
    assert binary.find(key.encode()) < 0


def test_every_key_has_the_sourced_type():
    assert {name: TYPES[parameter.type] for name, parameter in EMITTED.items()} == {
        name: KEYS[name] for name in EMITTED
    }


@pytest.mark.parametrize("name", sorted(sourced("go_worker_options.tsv")))
def test_the_go_sdk_inside_the_server_has_each_sourced_name(binary, name):
    assert binary.find(name.removeprefix("worker.").encode()) >= 0


@activity.defn
async def done() -> None:
    """An activity that the SDK asks to run eagerly."""


@workflow.defn
class Waits:
    """Runs an activity, then waits to be told to end."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(done, schedule_to_close_timeout=TimeDelta(seconds=20).to_stdlib())
        await workflow.wait_condition(lambda: self._ended)

    @workflow.signal
    def end(self) -> None:
        self._ended = True


async def exercise(address: str) -> None:
    """Everything that makes the server read its configuration: a backlog, then a whole workflow with an activity."""
    client = await Client.connect(address)
    queue = f"q-{uuid.uuid4().hex}"
    # Nobody polls yet, so the task goes through the database.
    handle = await client.start_workflow(Waits.run, id=queue, task_queue=queue)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        client, task_queue=queue, workflows=[Waits], activities=[done], workflow_runner=runner, build_id="dev"
    ):
        await handle.signal(Waits.end)
        await asyncio.wait_for(handle.result(), 30)


def complaints(tmp_path, values) -> dict[str, str]:
    """What a server says of these values, by key in lower case, as it tells them."""
    environment = LocalEnvironment(tmp_path)
    try:
        endpoints = environment.start_temporal(
            "compiled",
            keep_data=False,
            ui=False,
            search_attributes={},
            dynamic_config={key: json.dumps(value) for key, value in values.items()},
        )
        asyncio.run(exercise(endpoints.address))
        lines = [json.loads(line) for line in Path(endpoints.log_path).read_text().splitlines()]
    finally:
        environment.close()
    return {line["key"]: line["error"] for line in lines if line["msg"].startswith("Failed to convert value")}


def test_the_server_itself_tells_the_type_of_each_key(tmp_path):
    told = complaints(tmp_path, {key: {"no": "value"} for key in EMITTED})
    assert {key: COMPLAINTS[error] for key, error in told.items()} == {
        key.lower(): kind for key, kind in KEYS.items() if key.lower() in told
    }
    # Read only when a query meets a workflow task that is running.
    assert set(told) >= {key.lower() for key in EMITTED} - {"history.maxbufferedquerycount"}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_server_takes_every_compiled_value_and_works(tmp_path, preset):
    document = yaml.safe_load(files(preset)["dynamic_config.yaml"])
    values = {key: entries[0]["value"] for key, entries in document.items()}
    assert set(values) == set(EMITTED)
    assert values["history.persistenceMaxQPS"] == compiled(preset)["history.persistenceMaxQPS"]
    assert complaints(tmp_path, values) == {}
