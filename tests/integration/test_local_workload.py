"""Every fault can be seen on the real server, and nothing of it is left after healing."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest

from sre_copilot_hookspecs.errors import CopilotError, EnvironmentUnavailable
from sre_copilot_local.asking import count_workflows
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.stopping import until

# One server and one workload for all: they run in order, in one process.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("local-workload")]


class Cluster:
    """A workload and the questions the tests ask about it."""

    def __init__(self, environment):
        self.temporal = environment.start_temporal("watched", keep_data=False)
        self.workload = environment.start_workload(self.temporal, seed=1)
        self.endpoints = self.workload.start()
        (self.worker_metrics,) = self.endpoints.worker_metrics_urls

    def count(self, query):
        return count_workflows(self.temporal.address, query)

    def answers(self):
        return self.count("") is not None

    def completed(self):
        return self.count("ExecutionStatus = 'Completed'")

    def running(self):
        return self.count("ExecutionStatus = 'Running'")

    def progresses(self):
        """Whether a few more orders are completed soon."""
        before = self.completed()
        return until(lambda: self.completed() >= before + 3, within=20, every=0.2)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    environment = LocalEnvironment(tmp_path_factory.mktemp("workload"))
    try:
        yield Cluster(environment)
    finally:
        environment.close()


@pytest.fixture
def inject(cluster):
    yield cluster.workload.inject
    cluster.workload.heal()
    assert cluster.progresses(), "the cluster has not recovered"


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read().decode()


def refuses(url):
    try:
        fetch(url)
    except urllib.error.URLError as error:
        return isinstance(error.reason, ConnectionRefusedError)
    return False


def slots(text, kind):
    found = re.search(rf'^temporal_worker_task_slots_available\{{.*worker_type="{kind}".*\}} (\d+)', text, re.MULTILINE)
    return int(found.group(1))


def test_a_steady_workload_completes_orders_without_failing_any(cluster, inject):
    inject("steady")
    assert cluster.progresses()
    assert cluster.count("ExecutionStatus = 'Failed'") == 0
    assert slots(fetch(cluster.worker_metrics), "ActivityWorker") > 90
    assert "5 order workflows a second" in cluster.endpoints.description


def test_no_workers(cluster, inject):
    inject("no-workers")
    assert refuses(cluster.worker_metrics)
    done, waiting = cluster.completed(), cluster.running()
    assert until(lambda: cluster.running() > waiting + 20, within=15, every=0.2)
    assert cluster.completed() <= done + 1
    cluster.workload.heal()
    assert slots(fetch(cluster.worker_metrics), "WorkflowWorker") > 50


DRAINED = 90
"""Seconds: an activity that a stopped worker held is given out again after its minute at the latest."""


def test_saturated_workers(cluster, inject):
    inject("saturated-workers")
    assert until(lambda: slots(fetch(cluster.worker_metrics), "ActivityWorker") == 0, within=15)
    assert until(lambda: cluster.running() > 20, within=20, every=0.2)
    cluster.workload.heal()
    assert until(lambda: cluster.running() < 20, within=DRAINED, every=0.2)


def test_failing_workflows(cluster, inject):
    inject("failing-workflows")
    for status in ("Failed", "TimedOut", "Terminated", "Canceled", "ContinuedAsNew"):
        query = f"ExecutionStatus = '{status}'"
        assert until(lambda query=query: cluster.count(query) > 0, within=30, every=0.2), status
    assert "workflow_task_execution_failed" not in fetch(cluster.worker_metrics)
    cluster.workload.heal()
    assert until(lambda: cluster.running() < 20, within=DRAINED, every=0.2)


def test_failing_tasks_make_a_real_server_write_about_them_and_are_over_with_the_old_release(cluster, inject):
    inject("failing-tasks")
    assert until(lambda: "workflow task failed" in cluster.temporal.log_path.read_text(), within=30, every=0.2)
    done, failed = cluster.completed(), cluster.count("ExecutionStatus = 'Failed'")
    assert until(lambda: "workflow_task_execution_failed" in fetch(cluster.worker_metrics), within=10)
    assert until(lambda: cluster.running() > 20, within=20, every=0.2)
    assert cluster.completed() <= done + 1
    assert cluster.count("ExecutionStatus = 'Failed'") == failed, "a bug ends no workflow"
    cluster.workload.heal()
    assert until(lambda: cluster.running() < 20, within=DRAINED, every=0.2)


def test_a_paused_server_answers_nothing(cluster, inject):
    inject("server-paused")
    assert not cluster.answers()
    with pytest.raises(OSError, match="timed out"):
        urllib.request.urlopen(cluster.temporal.metrics_url, timeout=1)
    cluster.workload.heal()
    assert until(cluster.answers, within=10)
    assert until(lambda: cluster.running() < 20, within=DRAINED, every=0.2)


def test_lost_metrics_leave_the_cluster_working(cluster, inject):
    inject("metrics-lost")
    assert refuses(cluster.temporal.metrics_url)
    assert refuses(cluster.worker_metrics)
    assert cluster.progresses()
    cluster.workload.heal()
    assert "service_requests" in fetch(cluster.temporal.metrics_url)
    assert "temporal_num_pollers" in fetch(cluster.worker_metrics)


def test_a_second_fault_heals_the_first(cluster, inject):
    inject("server-paused")
    inject("metrics-lost")
    assert until(cluster.answers, within=10)
    inject("steady")
    assert "service_requests" in fetch(cluster.temporal.metrics_url)


def test_every_fault_says_what_it_does_and_which_health_it_implies(cluster):
    assert {fault.expects for fault in cluster.workload.faults} == {"happy", "stressed", "critical"}
    assert all(fault.does.endswith(".") for fault in cluster.workload.faults)


def test_an_unknown_fault_is_refused_with_those_that_are_known(cluster):
    with pytest.raises(CopilotError) as refusal:
        cluster.workload.inject("meteor")
    for fault in cluster.workload.faults:
        assert fault.key in str(refusal.value)


def test_a_workload_needs_a_server_of_its_environment(cluster, tmp_path):
    with pytest.raises(EnvironmentUnavailable, match=re.escape(cluster.temporal.address)):
        LocalEnvironment(tmp_path).start_workload(cluster.temporal)


def test_a_paused_server_does_not_keep_an_environment_open(tmp_path):
    environment = LocalEnvironment(tmp_path / "run")
    other = Cluster(environment)
    other.workload.inject("server-paused")
    environment.close()
    assert refuses(other.temporal.metrics_url)
    assert not (tmp_path / "run" / "pids").joinpath("watched").exists()
    assert list((tmp_path / "run" / "pids").iterdir()) == []


@pytest.mark.slow
def test_a_workload_stops_twice_and_leaves_the_server_as_it_was(tmp_path):
    environment = LocalEnvironment(tmp_path / "run")
    try:
        other = Cluster(environment)
        other.workload.inject("metrics-lost")
        other.workload.stop()
        other.workload.stop()
        assert "service_requests" in fetch(other.temporal.metrics_url)
        assert refuses(other.worker_metrics)
        assert other.answers()
    finally:
        environment.close()
