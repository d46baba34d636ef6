"""Metrics that mislead, and that the built-in signals are not misled by them.

The recordings come from a real server and a real worker, sixty seconds apart in each situation.
"""

from __future__ import annotations

import pytest

from sre_copilot_hookspecs import MissingReason, Sample, gauge, histogram, timer
from sre_copilot_temporal.gates import GATES
from sre_copilot_temporal.metrics import CANARY_QUEUE
from sre_copilot_temporal.signals import SIGNALS
from tests.builtin_signals import answers, missing, situation, target, value
from tests.exposition_targets import recorded, value_of, view_of

JUDGED = {gate.signal for gate in GATES} | {condition.signal for gate in GATES for condition in gate.when}


@pytest.fixture(scope="module")
def read():
    """Each recorded situation, evaluated once."""
    known = {}

    def reading(name):
        if name not in known:
            known[name] = situation(name)
        return known[name]

    return reading


def metrics_asked_for() -> set[str]:
    measures = [signal.measure for signal in SIGNALS if signal.measure is not None]
    return {metric.name for measure in measures for part in measure.walk() for metric in part.metrics}


def labels_of(reading, key: str) -> list[dict[str, str]]:
    found = reading[key]
    assert isinstance(found, Sample)
    return [dict(one.labels) for one in found.series]


def test_trap_1_transitions_are_counted_and_never_summed(read) -> None:
    # The histogram's sum adds up cumulative numbers: it grows by 1680 a second here.
    assert value(read("steady"), "history.state_transitions") == pytest.approx(150, rel=0.03)
    assert not hasattr(histogram("state_transition_count"), "mean")
    latency = next(signal for signal in SIGNALS if signal.key == "history.transition_latency_p99")
    assert latency.measure is not None
    assert {metric.name for part in latency.measure.walk() for metric in part.metrics} == {"service_latency"}
    assert 0.05 < value(read("steady"), latency.key) < 0.5


def test_trap_2_activity_without_workers_is_not_progress(read) -> None:
    dead = read("no_workers")
    assert value(dead, "history.state_transitions") == pytest.approx(20, rel=0.05)
    assert value(dead, "history.task_rate") == pytest.approx(20, rel=0.05)
    assert value(dead, "frontend.error_share") == 0
    assert value(dead, "frontend.latency_p99") < value(read("steady"), "frontend.latency_p99")
    assert value(dead, "matching.dispatch_ratio") == 0
    assert value(dead, "history.completion_ratio") == 0
    assert value(dead, "workflows.closes") == 0


def test_trap_3_backlog_gauges_are_a_staircase_and_decide_nothing(read) -> None:
    # The API told 1226 tasks and 120 s at the same moment.
    assert value(read("no_workers"), "matching.backlog_gauge") < 800
    assert value(read("no_workers"), "matching.workflow_backlog_age") < 80
    assert value(read("no_workers"), "matching.backlog_growth") == pytest.approx(10, abs=0.5)
    assert not JUDGED & {"matching.backlog_gauge", "matching.workflow_backlog_age", "matching.activity_backlog_age"}


def test_trap_4_no_pending_polls_can_mean_three_things(read) -> None:
    assert value(read("no_workers"), "matching.pending_polls") == 0
    busy = [
        lone_work("orders", count) + 'pending_polls{namespace="default",taskqueue="orders"} 0\n'
        for count in (100, 1300)
    ]
    found = answers(target([(0, busy[0]), (60, busy[1])]))
    assert value(found, "matching.pending_polls") == 0
    assert value(found, "matching.dispatch_ratio") == pytest.approx(1)
    assert "matching.pending_polls" not in JUDGED


def test_trap_5_the_servers_own_word_for_no_poller_comes_two_minutes_late(read) -> None:
    assert value(read("no_workers"), "matching.no_poller_tasks") == 0
    assert value(read("no_workers"), "matching.dispatch_ratio") == 0
    assert "matching.no_poller_tasks" not in JUDGED


def test_trap_6_a_dead_workers_series_are_missing_and_not_zero() -> None:
    alive = recorded("steady.worker.t60")
    found = answers(target([(0, alive), (30, alive), (60, None)], "worker"))
    assert value(found, "workers.up") == 0
    for key in ("workers.workflow_pollers", "workers.slots_available", "workers.sticky_misses"):
        assert missing(found, key).reason is MissingReason.UNREACHABLE


def test_trap_6_free_slots_do_not_mean_health(read) -> None:
    limited = read("rate_limited")
    assert value(limited, "workers.slots_available") > 90
    assert value(limited, "matching.dispatch_ratio") < 0.5


def test_trap_7_eager_activities_bypass_matching(read) -> None:
    steady = read("steady")
    assert value(steady, "workers.eager_activities") == pytest.approx(20, rel=0.05)
    assert {labels["task_type"] for labels in labels_of(steady, "demand.added_by_queue")} == {"Workflow"}
    # An activity side that looks unused is not one that nobody serves.
    assert value(steady, "matching.dispatch_ratio") == pytest.approx(1, abs=0.02)


def test_trap_8_forwarded_tasks_count_once(read) -> None:
    assert value(read("no_workers"), "demand.tasks_added") == pytest.approx(10, rel=0.03)
    assert value(read("steady"), "demand.tasks_added") == pytest.approx(50, rel=0.03)


def test_trap_9_errors_that_belong_to_normal_work_are_no_errors(read) -> None:
    # Matching counts 30 canceled forwards a second here, and missing rows while task queues are new.
    waiting = read("no_workers")
    assert value(waiting, "frontend.errors") == 0
    assert value(waiting, "persistence.errors_by_type") == 0
    lines = (
        'persistence_requests{operation="GetTaskQueue"}',
        'persistence_error_with_type{operation="GetTaskQueue",error_type="serviceerror_NotFound"}',
        'service_error_with_type{service_name="matching",error_type="serviceerror_Canceled"}',
        'service_requests{service_name="frontend",operation="StartWorkflowExecution"}',
    )
    start_up = ["".join(f"{line} {count}\n" for line in lines) for count in (10, 1000)]
    found = answers(target([(0, start_up[0]), (60, start_up[1])]))
    assert value(found, "persistence.error_share") == 0
    assert value(found, "persistence.errors_by_type") == 0
    assert value(found, "frontend.error_share") == 0


def test_trap_10_a_rate_limit_is_seen_although_polls_are_left_out_of_latency(read) -> None:
    limited = read("rate_limited")
    assert value(limited, "frontend.start_acceptance") == pytest.approx(1, abs=0.02)
    assert value(limited, "frontend.resource_exhausted") > 2
    assert value(limited, "frontend.error_share") > 0.05
    assert labels_of(limited, "server.resource_exhausted") == [{"resource_exhausted_cause": "RpsLimit"}]
    # The polls that wait take over a minute; the calls that clients wait for do not.
    assert value(limited, "frontend.latency_p99") < 1 < value(limited, "frontend.long_poll_latency_p99")
    assert "host_rps_limit" not in metrics_asked_for()


def test_trap_11_a_database_that_fails_fast_is_seen_by_its_errors(read) -> None:
    locked, steady = read("persistence_unavailable"), read("steady")
    assert value(locked, "persistence.latency_p99") < value(steady, "persistence.latency_p99")
    assert value(locked, "matching.backlog_growth") == 0
    assert value(locked, "history.shards_owned") == 1
    assert value(locked, "history.shard_churn") == 0
    assert value(locked, "persistence.error_share") > 0.05
    assert value(locked, "frontend.error_share") > 0.9
    assert value(locked, "history.task_error_share") > 0.5
    assert value(locked, "history.task_attempts_p99") > 10


def test_trap_11_retries_do_not_multiply_accepted_starts(read) -> None:
    locked = read("persistence_unavailable")
    assert value(locked, "demand.workflow_starts") < 1.5
    assert value(locked, "demand.start_requests") > 30
    assert value(locked, "frontend.start_acceptance") < 0.1


def test_trap_12_the_latency_of_acquiring_a_shard_is_asked_by_nobody() -> None:
    # It is 290 s after every healthy start.
    assert "sharditem_acquisition_latency" not in metrics_asked_for()


def test_trap_13_a_quantile_in_a_wide_bucket_says_so_and_decides_nothing(read) -> None:
    exhausted = read("slots_exhausted")
    waited = exhausted["workers.activity_schedule_to_start_p95"]
    assert isinstance(waited, Sample)
    # They waited 110 to 150 s; the bucket reaches from 100 s to 1000 s.
    assert waited.value > 700
    assert "bucket" in waited.note
    assert not {key for key in JUDGED if "schedule_to_start" in key}
    share = timer("task_schedule_to_start_latency", namespace="default").share_over(100, over="65s")
    scrapes = [(0, recorded("slots_exhausted.server.t0")), (60, recorded("slots_exhausted.server.t60"))]
    assert 0 < value_of(share, view_of(scrapes, share), at=60) < 1


def test_trap_14_quantiles_of_nothing_are_missing_and_rise_when_recovery_begins(read) -> None:
    dead, recovering = read("no_workers"), read("recovering")
    assert missing(dead, "matching.schedule_to_start_p95").reason is MissingReason.NO_DATA
    assert value(recovering, "matching.schedule_to_start_p95") > 100
    assert value(recovering, "matching.dispatch_ratio") >= 1


def test_trap_15_categories_of_internal_tasks_are_kept_apart(read) -> None:
    locked = read("persistence_unavailable")
    # Visibility writes retry for a minute and a half while no transfer task completes at all.
    assert value(locked, "history.visibility_lag_p95") > 60
    assert missing(locked, "history.backlog_age").reason is MissingReason.NO_DATA
    assert value(read("steady"), "history.pending_tasks_p99") <= 1
    every = histogram("pending_tasks").quantile(0.99, over="65s")
    scrapes = [(0, recorded("steady.server.t0")), (60, recorded("steady.server.t60"))]
    assert value_of(every, view_of(scrapes, every), at=60) > 100


def test_trap_16_a_frozen_server_voids_every_rate() -> None:
    first, second = recorded("steady.server.t0"), recorded("steady.server.t60")
    found = answers(target([(0, first), (40, second), (60, None)]))
    assert value(found, "server.up_share") == 0
    for key in ("history.state_transitions", "workflows.closes", "demand.tasks_added", "frontend.error_share"):
        assert missing(found, key).reason is MissingReason.UNREACHABLE


def test_trap_17_restarts_are_looked_at_by_their_change(read) -> None:
    # The counter stands at four after every start, one for each service.
    assert value(read("steady"), "deploy.restarts") == 0
    assert value(read("steady"), "deploy.membership_changes") == 0


def test_trap_18_failing_workflows_leave_the_cluster_untouched(read) -> None:
    failing = read("failing_workflows")
    assert value(failing, "frontend.error_share") == 0
    assert value(failing, "persistence.error_share") == 0
    assert value(failing, "frontend.latency_p99") < 1
    assert value(failing, "matching.dispatch_ratio") > 0.9
    assert value(failing, "workflows.success_share") == pytest.approx(0.2, abs=0.05)
    assert value(failing, "workflows.activity_tasks_failed") > 5
    # Code that fails is tried for ever, and shows only in attempts and failed tasks.
    assert value(failing, "workflows.tasks_failed") > 0
    assert value(failing, "history.workflow_task_attempts_p99") > 3
    assert value(failing, "workers.workflow_task_failures") > 1


def test_the_unit_in_a_metrics_name_is_not_believed(read) -> None:
    # memory_gc_pause_ms is in seconds; read as milliseconds it would be a thousandth of this.
    assert 0.005 < value(read("steady"), "runtime.gc_pause_p99") < 0.1


def test_copies_of_queue_metrics_are_not_counted_twice(read) -> None:
    asked = metrics_asked_for()
    assert not {name for name in asked if name.startswith(("pri_", "fair_", "physical_"))}
    # poll_success and pri_poll_success both stand in the recording.
    assert value(read("steady"), "matching.tasks_dispatched") == pytest.approx(50, rel=0.03)


def test_the_servers_own_workers_are_not_the_users_workers(read) -> None:
    every = gauge("temporal_num_pollers").sum()
    server = view_of([(60, recorded("steady.server.t60"))], every)
    assert value_of(every, server, at=60) > 10
    assert value(read("steady"), "workers.polling") == 10
    # Without a worker's endpoint there is no answer, although the server exports the same names.
    assert missing(read("no_workers"), "workers.polling").reason is MissingReason.NO_DATA


def test_an_absent_counter_is_zero_only_while_its_process_is_up(read) -> None:
    assert value(read("steady"), "workflows.failed") == 0
    down = answers(target([(0, None), (60, None)]))
    assert missing(down, "workflows.failed").reason is MissingReason.UNREACHABLE


def test_an_idle_sticky_cache_has_no_hit_ratio(read) -> None:
    assert missing(read("persistence_unavailable"), "workers.sticky_hit_ratio").reason is MissingReason.NO_DATA
    assert value(read("steady"), "workers.sticky_hit_ratio") == 1
    assert value(read("steady"), "workers.sticky_misses") == 0


DEMAND = ("demand.tasks_added", "demand.workflow_tasks_added", "demand.workflow_starts", "demand.start_requests")


def lone_work(queue: str, count: int) -> str:
    """``count`` workflows of one task each on a queue."""
    lines = (
        f'action{{namespace="default",action_type="grpc_StartWorkflowExecution"}} {count}',
        f'service_requests{{service_name="frontend",namespace="default",operation="StartWorkflowExecution"}} {count}',
        f'tasks_added{{namespace="default",taskqueue="{queue}",task_type="Workflow",forwarded="false"}} {count}',
        f'poll_success{{namespace="default",taskqueue="{queue}",task_type="Workflow"}} {count}',
        f'workflow_tasks_completed{{namespace="default"}} {count}',
        f'workflow_success{{namespace="default",taskqueue="{queue}"}} {count}',
    )
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(("queue", "per_second"), [("orders", 1), (CANARY_QUEUE, 0)])
def test_the_canary_is_neither_demand_nor_progress(queue: str, per_second: float) -> None:
    found = answers(target([(0, lone_work(queue, 100)), (60, lone_work(queue, 160))]))
    for key in (*DEMAND, "matching.tasks_dispatched", "history.workflow_tasks_completed", "workflows.closes"):
        assert value(found, key) == pytest.approx(per_second, abs=0.1)


@pytest.mark.parametrize(
    "queue", ["temporal-sys-history-scanner-taskqueue-0", "temporal_sys_per_ns_tq", "/_sys/temporal-sys-tq/1"]
)
def test_the_systems_own_queues_are_not_demand(queue: str) -> None:
    found = answers(target([(0, lone_work(queue, 100)), (60, lone_work(queue, 160))]))
    assert value(found, "demand.tasks_added") == 0
    assert value(found, "workflows.closes") == 0


def test_the_copilots_own_probes_are_not_requests() -> None:
    text = 'service_requests{{service_name="frontend",namespace="default",operation="DescribeTaskQueue"}} {}\n'
    found = answers(target([(0, text.format(0)), (60, text.format(80))]))
    assert value(found, "frontend.requests") == 0
