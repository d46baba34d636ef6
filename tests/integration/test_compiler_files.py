"""The files of every preset with every modifier, read by the programs and models they are for."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import runpy
import uuid
from collections.abc import Iterator
from typing import Any

import botocore.loaders
import botocore.model
import botocore.validate
import pytest
import yaml
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from sre_copilot.compiler.compiling import compile_request
from sre_copilot.compiler.profile import read_profile
from sre_copilot.compiler.request import Override, Request
from sre_copilot_hookspecs import ENVIRONMENT, GO, PYTHON, ParameterType
from sre_copilot_local.temporal_server import temporal_binary
from tests.compiled import COMBINATIONS, compiled, files, files_of, registry
from tests.golang import complaints
from tests.sourced import sourced

pytestmark = pytest.mark.integration

EVERY = pytest.mark.parametrize(
    ("preset", "modifier"), COMBINATIONS, ids=["-".join(filter(None, pair)) for pair in COMBINATIONS]
)
SERVICES = ("frontend", "history", "matching", "worker")
GO_TYPES = {
    ParameterType.BOOLEAN: "bool",
    ParameterType.DURATION: "time.Duration",
    ParameterType.INTEGER: "int",
    ParameterType.NUMBER: "float64",
}


@workflow.defn
class Nothing:
    """A workflow to register."""

    @workflow.run
    async def run(self) -> None:
        """End at once."""


@activity.defn
async def nothing() -> None:
    """An activity to register."""


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module")
def client(runner: asyncio.Runner) -> Iterator[Client]:
    """Of a real server: a worker is only made by a client that is connected."""
    start = WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_binary()), dev_server_log_level="never", ui=False
    )
    environment = runner.run(start)
    try:
        yield environment.client
    finally:
        runner.run(environment.shutdown())


def a_worker(client: Client, **options: Any) -> Worker:
    return Worker(
        client,
        # A client has one worker for a queue.
        task_queue=uuid.uuid4().hex,
        workflows=[Nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="dev",
        **options,
    )


@EVERY
def test_every_file_is_there(preset, modifier):
    assert set(files(preset, modifier)) == {
        "WHY.md",
        "compose/compose.override.yaml",
        "compose/temporal.env",
        "deployment_profile.json",
        "dsql_plugin.json",
        "dynamic_config.yaml",
        "go/worker_options.go",
        "helm/values.yaml",
        "profile.json",
        "python/worker_options.py",
        *(f"compose/{service}.env" for service in SERVICES),
        *(f"ecs/{service}.{what}.json" for service in SERVICES for what in ("service", "task")),
    }


@EVERY
def test_a_worker_takes_the_python_options(preset, modifier, tmp_path, runner, client):
    module = tmp_path / "worker_options.py"
    module.write_bytes(files(preset, modifier)["python/worker_options.py"])
    options = runpy.run_path(str(module))["WORKER_OPTIONS"]

    async def make() -> Worker:
        return a_worker(client, activities=[nothing], **options)

    config = runner.run(make()).config()
    assert {name: config[name] for name in options} == options
    assert set(options) == {emission.name for emission, _ in compiled(preset, modifier).emitted(PYTHON)}


def test_a_worker_works_with_the_python_options(tmp_path, runner, client):
    module = tmp_path / "worker_options.py"
    module.write_bytes(files("high-throughput", "batch-processor")["python/worker_options.py"])
    options = runpy.run_path(str(module))["WORKER_OPTIONS"]

    async def work() -> None:
        async with a_worker(client, **options) as worker:
            await client.execute_workflow(Nothing.run, id="works", task_queue=worker.task_queue)

    runner.run(work())


@EVERY
def test_gofmt_has_nothing_to_say(preset, modifier):
    assert complaints(files(preset, modifier)["go/worker_options.go"]) == ""


def test_every_go_name_is_one_of_the_sdk_with_its_type():
    known = sourced("go_worker_options.tsv")
    emitted = {
        emission.name: GO_TYPES[parameter.type]
        for parameter in registry().parameters.values()
        for emission in parameter.emissions(GO)
    }
    assert emitted == {name: known[name] for name in emitted}
    source = files("mid-scale")["go/worker_options.go"].decode()
    written = set(re.findall(r"^\t\t(\w+):", source, re.MULTILINE)) | set(
        re.findall(r"^\t(worker\.\w+)\(", source, re.MULTILINE)
    )
    assert written == set(emitted)


@functools.cache
def shape(operation: str) -> botocore.model.Shape:
    """The input of an ECS operation, from the model that boto3 brings along."""
    model = botocore.loaders.Loader().load_service_model("ecs", "service-2")
    return botocore.model.ServiceModel(model, "ecs").operation_model(operation).input_shape


def refusals(operation: str, given: object) -> str:
    return botocore.validate.ParamValidator().validate(given, shape(operation)).generate_report()


@EVERY
def test_ecs_takes_the_task_definitions_and_the_updates(preset, modifier):
    found = files(preset, modifier)
    for service in SERVICES:
        assert refusals("RegisterTaskDefinition", json.loads(found[f"ecs/{service}.task.json"])) == ""
        update = json.loads(found[f"ecs/{service}.service.json"])
        assert refusals("UpdateService", update) == ""
        assert update["desiredCount"] == compiled(preset, modifier)[f"{service}.replicas"]


def test_the_model_of_ecs_would_notice():
    task = json.loads(files("starter")["ecs/history.task.json"])
    task["containerDefinitions"][0]["environment"][0]["value"] = 512
    assert "Invalid type" in refusals("RegisterTaskDefinition", task)
    assert "Missing required" in refusals("RegisterTaskDefinition", {"family": "x"})
    assert "Unknown parameter" in refusals("UpdateService", {"service": "x", "desired": 1})


@EVERY
def test_every_platform_gets_the_same_environment(preset, modifier):
    """Compose, ECS and Helm differ in where a replica count goes and in nothing else."""
    found = files(preset, modifier)
    services = yaml.safe_load(found["compose/compose.override.yaml"])["services"]
    helm = yaml.safe_load(found["helm/values.yaml"])["server"]
    shared = dot_env(found["compose/temporal.env"])
    assert {pair["name"]: pair["value"] for pair in helm["additionalEnv"]} == shared
    for service in SERVICES:
        composed = dict(services[f"temporal-{service}"]["environment"])
        del composed["DYNAMIC_CONFIG_FILE_PATH"]
        (container,) = json.loads(found[f"ecs/{service}.task.json"])["containerDefinitions"]
        defined = {pair["name"]: pair["value"] for pair in container["environment"]}
        assert composed == defined == {**shared, **dot_env(found[f"compose/{service}.env"])}
        replicas = compiled(preset, modifier)[f"{service}.replicas"]
        assert services[f"temporal-{service}"]["deploy"]["replicas"] == helm[service]["replicaCount"] == replicas
    assert helm["dynamicConfig"] == yaml.safe_load(found["dynamic_config.yaml"])


def dot_env(content: bytes) -> dict[str, str]:
    lines = [line for line in content.decode().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@EVERY
def test_every_variable_of_the_registry_reaches_the_environment(preset, modifier):
    environment = dot_env(files(preset, modifier)["compose/temporal.env"])
    for service in SERVICES:
        environment |= dot_env(files(preset, modifier)[f"compose/{service}.env"])
    assert set(environment) == {emission.name for emission, _ in compiled(preset, modifier).emitted(ENVIRONMENT)}


@EVERY
def test_the_profile_comes_back_as_it_was(preset, modifier):
    profile = read_profile(registry(), files(preset, modifier)["profile.json"].decode(), "profile.json")
    assert profile.configuration == compiled(preset, modifier)


@EVERY
def test_the_reasons_name_every_value(preset, modifier):
    reasons = files(preset, modifier)["WHY.md"].decode().replace("\\", "")
    for key, resolved in compiled(preset, modifier).values.items():
        row = next(line for line in reasons.splitlines() if line.startswith(f"| {key} |"))
        assert resolved.reason in row
        assert all(cause in row for cause in resolved.chain)


@EVERY
def test_the_same_request_gives_the_same_bytes(preset, modifier):
    assert files.__wrapped__(preset, modifier) == files(preset, modifier)


@pytest.mark.parametrize("key", sorted(registry().parameters))
def test_an_override_changes_what_is_written_or_is_refused(key):
    """Whatever its class. One that ends up somewhere changes a file there, not only what is said about it."""
    parameter, value = registry().parameters[key], compiled("high-throughput")[key]
    request = Request("high-throughput", overrides=(Override(key, another(value)),))
    answer = compile_request(registry(), request)
    if answer.problems:
        assert any(key in problem.keys for problem in answer.problems)
        return
    before, after = files("high-throughput"), files_of(answer.accepted())
    changed = {path for path in after if after[path] != before[path]}
    assert changed >= {"profile.json", "WHY.md", "deployment_profile.json"}
    if parameter.emitted:
        assert changed - {"profile.json", "WHY.md", "deployment_profile.json"}


def another(value):
    """One that differs by as little as its type allows."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1 if value > 1 else 2
    return f"1{value}"
