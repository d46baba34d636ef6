"""Expressions over scrapes recorded from a real server and a real worker, 60 seconds apart.

The expected values are those that a Prometheus server computed in the same minutes.
"""

from __future__ import annotations

import pytest

from sre_copilot_hookspecs import MissingReason, counter, gauge, histogram, timer
from tests.exposition_targets import evaluated, recorded, value_of, view_of

ADDED = counter("tasks_added", forwarded="false", namespace="default", role="server")
POLLED = counter("poll_success", namespace="default", taskqueue="orders")


def server(situation, *expressions):
    scrapes = [(0, recorded(f"{situation}.server.t0")), (60, recorded(f"{situation}.server.t60"))]
    return view_of(scrapes, *expressions)


def test_tasks_added_in_steady_work():
    rate = ADDED.rate("65s")
    assert value_of(rate, server("steady", rate), at=60) == pytest.approx(50, rel=0.05)


def test_workflows_started():
    started = counter("action", namespace="default", action_type="grpc_StartWorkflowExecution").rate("65s")
    assert value_of(started, server("steady", started), at=60) == pytest.approx(10, rel=0.03)
    assert value_of(started, server("no_workers", started), at=60) == pytest.approx(10, rel=0.03)


@pytest.mark.parametrize(("situation", "per_second"), [("steady", 0), ("no_workers", 10)])
def test_backlog_growth(situation, per_second):
    growth = ADDED.rate("65s") - POLLED.rate("65s")
    view = server(situation, growth)
    assert value_of(growth, view, at=60) == pytest.approx(per_second, abs=0.5)


def test_state_transitions_are_counted_by_count_not_by_sum():
    transitions = histogram("state_transition_count", namespace="default").rate("65s")
    assert value_of(transitions, server("steady", transitions), at=60) == pytest.approx(150, rel=0.03)


def test_quantiles_of_persistence():
    quantile = timer("persistence_latency").quantile(0.95, over="65s")
    mean = timer("persistence_latency").mean(over="65s")
    view = server("steady", quantile, mean)
    assert value_of(quantile, view, at=60) == pytest.approx(0.0042, rel=0.3)
    assert value_of(mean, view, at=60) == pytest.approx(0.00114, rel=0.3)


def test_share_over_a_bound_that_is_exported():
    share = timer("persistence_latency").share_over(0.005, over="65s")
    slower = timer("persistence_latency").share_over(0.01, over="65s")
    view = server("steady", share, slower)
    assert 0 < value_of(slower, view, at=60) < value_of(share, view, at=60) < 0.05


def test_share_over_a_bound_that_is_not_exported_lists_those_that_are():
    share = timer("persistence_latency").share_over(0.007, over="65s")
    why = evaluated(share, server("steady", share), at=60).why
    assert why.reason is MissingReason.REJECTED
    assert "no bucket bound at 0.007 s" in why.detail
    assert "0.005, 0.01" in why.detail


def test_a_quantile_of_nothing_is_not_zero():
    waits = timer("workflow_schedule_to_close_latency", namespace="default").quantile(0.95, over="65s")
    why = evaluated(waits, server("no_workers", waits), at=60).why
    assert why.reason is MissingReason.NO_DATA
    assert "no observation" in why.detail


def test_a_counter_that_never_fired_is_zero():
    failed = counter("workflow_failed", namespace="default").rate("65s")
    assert value_of(failed, server("steady", failed), at=60) == 0


def test_backlog_gauge_by_queue():
    backlog = gauge("approximate_backlog_count", task_type="Workflow").sum(by=["taskqueue"])
    outcome = evaluated(backlog, server("no_workers", backlog), at=60)
    assert outcome.values[("orders",)].number > 100


def test_the_servers_own_workers_are_not_the_users_workers():
    requests = counter("temporal_request", role="worker").rate("65s")
    every_request = counter("temporal_request").rate("65s")
    worker = view_of(
        [(0, recorded("steady.worker.t0")), (60, recorded("steady.worker.t60"))],
        requests,
        every_request,
        role="worker",
        instance="worker:9000",
    )
    views = [server("steady", requests, every_request), worker]
    assert 0 < value_of(requests, *views, at=60) < value_of(every_request, *views, at=60)


def test_worker_slots():
    slots = gauge("temporal_worker_task_slots_available", role="worker", worker_type="WorkflowWorker").min()
    worker = view_of([(0, recorded("steady.worker.t60"))], slots, role="worker")
    assert 0 < value_of(slots, worker, at=0) <= 100
