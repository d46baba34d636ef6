"""The embedded Temporal server: ready when it says so, found again, and next to others."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.request

import pytest
from temporalio.client import Client

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local import temporal_server
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.ports import LOOPBACK, free_ports

pytestmark = pytest.mark.integration


@pytest.fixture
def open_environment():
    """Opens environments that are closed at the end of the test."""
    opened = []

    def open_in(folder):
        opened.append(LocalEnvironment(folder))
        return opened[-1]

    yield open_in
    for environment in opened:
        environment.close()


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read().decode()


async def start_workflow(address, name):
    client = await Client.connect(address)
    await client.start_workflow("Unknown", id=name, task_queue="nobody")


async def describe_workflow(address, name):
    client = await Client.connect(address)
    return (await client.get_workflow_handle(name).describe()).workflow_type


def test_a_server_is_ready_for_everything_when_the_start_returns(open_environment, tmp_path):
    environment = open_environment(tmp_path)
    endpoints = environment.start_temporal(
        "watched",
        keep_data=False,
        ui=True,
        search_attributes={"ClusterId": "Keyword"},
        dynamic_config={"frontend.namespaceRPS": "900"},
    )

    async def ask():
        client = await Client.connect(endpoints.address)
        return (await client.count_workflows("ClusterId = 'a'")).count

    assert asyncio.run(ask()) == 0
    assert "service_requests" in fetch(endpoints.metrics_url)
    assert "<html" in fetch(endpoints.ui_url).lower()
    assert environment.start_temporal("watched") == endpoints
    first_line = endpoints.log_path.read_text().splitlines()[0]
    assert json.loads(first_line)["level"]


def test_a_server_can_be_started_inside_an_event_loop(open_environment, tmp_path):
    environment = open_environment(tmp_path)

    async def start():
        here = environment.start_temporal("one", keep_data=False)
        there = await asyncio.to_thread(environment.start_temporal, "two", keep_data=False)
        return here, there

    one, two = asyncio.run(start())
    assert one.pid != two.pid


def test_a_second_start_finds_workflows_and_ports_again(open_environment, tmp_path):
    environment = open_environment(tmp_path)
    before = environment.start_temporal("engine", search_attributes={"ClusterId": "Keyword"})
    asyncio.run(start_workflow(before.address, "kept"))
    environment.close()

    after = open_environment(tmp_path).start_temporal(
        "engine", search_attributes={"ClusterId": "Keyword", "State": "Keyword"}
    )
    assert (after.address, after.metrics_url) == (before.address, before.metrics_url)
    assert asyncio.run(describe_workflow(after.address, "kept")) == "Unknown"
    assert before.log_path.with_suffix(".log.1").exists()


def test_a_server_that_died_is_started_anew(open_environment, tmp_path):
    environment = open_environment(tmp_path)
    before = environment.start_temporal("engine")
    asyncio.run(start_workflow(before.address, "kept"))
    running = environment._servers["engine"].child
    running._process.kill()
    running._process.wait()
    after = environment.start_temporal("engine")
    assert after.pid != before.pid
    assert asyncio.run(describe_workflow(after.address, "kept")) == "Unknown"


def test_environments_beside_each_other_do_not_meet(open_environment, tmp_path):
    folders = (tmp_path / "one", tmp_path / "two")
    one, two = (open_environment(folder) for folder in folders)
    first, second = (each.start_temporal("engine") for each in (one, two))
    asyncio.run(start_workflow(first.address, "of-the-first"))
    one.close()
    assert "service_requests" in fetch(second.metrics_url)
    asyncio.run(start_workflow(second.address, "of-the-second"))


def test_a_port_that_was_taken_meanwhile_is_left_to_its_new_owner(open_environment, tmp_path):
    environment = open_environment(tmp_path)
    before = environment.start_temporal("engine")
    environment.close()
    host, _, port = before.address.partition(":")
    with socket.create_server((host, int(port))):
        after = open_environment(tmp_path).start_temporal("engine")
    assert after.address != before.address
    assert after.metrics_url == before.metrics_url


def test_a_race_for_a_port_is_run_again(open_environment, tmp_path, monkeypatch):
    choose = temporal_server._choose_ports
    with socket.create_server((LOOPBACK, 0)) as winner:
        lost = {"grpc": winner.getsockname()[1], "http": free_ports(1)[0], "metrics": free_ports(1)[0]}
        attempts = iter([lost])
        monkeypatch.setattr(temporal_server, "_choose_ports", lambda *asked: next(attempts, None) or choose(*asked))
        endpoints = open_environment(tmp_path).start_temporal("engine", keep_data=False)
    assert endpoints.address != f"{LOOPBACK}:{lost['grpc']}"


def test_a_server_that_refuses_its_settings_is_quoted(open_environment, tmp_path):
    environment = open_environment(tmp_path)
    with pytest.raises(EnvironmentUnavailable) as refusal:
        environment.start_temporal("engine", search_attributes={"ClusterId": "Colour"})
    assert "Colour" in str(refusal.value)
    assert str(tmp_path / "logs" / "engine.log") in str(refusal.value)
