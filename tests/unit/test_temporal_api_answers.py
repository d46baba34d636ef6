"""From the server's answers to samples: which numbers count, which are missing, and why."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueueStats, TaskQueueTypeInfo, TaskQueueVersionInfo
from temporalio.api.worker.v1 import WorkerHeartbeat, WorkerInfo, WorkerListInfo, WorkerSlotsInfo
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsResponse,
    DescribeNamespaceResponse,
    DescribeTaskQueueResponse,
    ListWorkersResponse,
    ListWorkflowExecutionsResponse,
)
from temporalio.service import RPCError, RPCStatusCode
from whenever import Instant, TimeDelta

from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Reading, Sample, Worst
from sre_copilot_temporal.api import session
from sre_copilot_temporal.api.facts import Answer, Fact, sample_of
from sre_copilot_temporal.api.queues import MOST_QUEUES, TaskQueues, TypeStats, counts
from sre_copilot_temporal.api.workers import running, slots
from sre_copilot_temporal.settings import TemporalSettings
from tests.temporal_api import asking, probed, watched

NOW = Instant.from_utc(2026, 3, 1, 12)
IDLE = TypeStats(backlog=0, backlog_age=0.0, add_rate=0.0, dispatch_rate=0.0, pollers=0, listed=0)
POLLED = attrs.evolve(IDLE, pollers=2, listed=3)
WAITING = attrs.evolve(IDLE, backlog=4, backlog_age=9.0)


def stamp(at: Instant) -> Timestamp:
    found = Timestamp()
    found.FromNanoseconds(at.timestamp(unit="nanosecond"))
    return found


def ago(seconds: float) -> Timestamp:
    return stamp(NOW - TimeDelta(seconds=seconds))


# Facts to samples


def of_queues(*values: float) -> Answer:
    facts = (
        Fact(value, {"namespace": "default", "task_type": "Workflow", "taskqueue": f"q{place}"})
        for place, value in enumerate(values)
    )
    return Answer(tuple(facts))


def test_a_sample_keeps_the_worst_and_counts_what_it_dropped() -> None:
    sample = sample_of(probed("matching.backlog", cap=2), of_queues(1, 7, 3, 5))
    assert isinstance(sample, Sample)
    assert sample.value == 16.0
    assert [found.value for found in sample.series] == [7.0, 5.0]
    assert sample.dropped == 2


def test_where_the_lowest_is_worst_it_comes_first() -> None:
    sample = sample_of(probed("workers.pollers"), of_queues(4, 0, 2))
    assert isinstance(sample, Sample)
    assert sample.value == 0.0
    assert [found.value for found in sample.series] == [0.0, 2.0, 4.0]


def test_facts_are_joined_over_labels_the_signal_does_not_ask_for() -> None:
    signal = attrs.evolve(probed("matching.backlog"), dimensions=("namespace",), worst=Worst.HIGHEST)
    sample = sample_of(signal, of_queues(1, 7, 3))
    assert isinstance(sample, Sample)
    assert sample.series == (LabelledValue((("namespace", "default"),), 7.0),)


def test_a_number_that_is_none_is_left_out() -> None:
    sample = sample_of(probed("matching.backlog"), of_queues(math.nan, 2, math.inf))
    assert isinstance(sample, Sample)
    assert sample.value == 2.0


# Task queues


@pytest.mark.parametrize(("seconds", "live"), [(0, 1), (75, 1), (76, 0), (240, 0)])
def test_a_poller_lives_while_its_last_poll_can_be_a_long_poll(seconds: float, live: int) -> None:
    stats = TypeStats.of(TaskQueueStats(), [PollerInfo(last_access_time=ago(seconds))], NOW)
    assert (stats.pollers, stats.listed) == (live, 1)


@pytest.mark.parametrize(
    "name",
    ["", "temporal-sys-per-ns-tq", "temporal_sys_x", "/_sys/orders/1", "sre-copilot", "sre-copilot-probe"],
)
def test_the_servers_and_the_copilots_queues_never_count(name: str) -> None:
    assert not counts(name)
    queues = TaskQueues(("default",), (name,))
    queues.saw("default", name, NOW, running=True)
    assert len(queues) == 0


def test_queues_take_turns() -> None:
    queues = TaskQueues(("default",), [f"q{number}" for number in range(5)])
    asked = [queue.name for _ in range(5) for queue in queues.due(NOW, 2)]
    assert asked == [f"q{number}" for number in range(5)] * 2


def test_a_queue_without_sign_of_life_is_forgotten_after_an_hour_unless_it_is_configured() -> None:
    queues = TaskQueues(("default",), ("configured",))
    queues.saw("default", "found", NOW)
    assert len(queues.due(NOW + TimeDelta(minutes=60), 9)) == 2
    assert [queue.name for queue in queues.due(NOW + TimeDelta(minutes=61), 9)] == ["configured"]


def test_no_more_queues_are_known_than_can_be_asked() -> None:
    queues = TaskQueues(("default",), ("configured",))
    for number in range(MOST_QUEUES + 50):
        queues.saw("default", f"q{number}", NOW + TimeDelta(seconds=number))
    known = queues.due(NOW + TimeDelta(minutes=5), 1000)
    assert len(known) == MOST_QUEUES
    assert {"configured", f"q{MOST_QUEUES + 49}"} <= {queue.name for queue in known}
    assert "q0" not in {queue.name for queue in known}


def polled(queues: TaskQueues, at: Instant = NOW) -> dict[tuple[str, str], float]:
    facts = queues.answers(at)["workers.pollers"].facts
    return {(fact.labels["taskqueue"], fact.labels["task_type"]): fact.value for fact in facts}


def tell(queues: TaskQueues, name: str, workflow: TypeStats, activity: TypeStats, at: Instant = NOW) -> None:
    [queue] = [queue for queue in queues.due(at, 1000) if queue.name == name]
    queues.answered(queue, {"Workflow": workflow, "Activity": activity}, at)


def test_a_type_of_task_that_a_queue_does_not_use_is_not_one_without_pollers() -> None:
    queues = TaskQueues(("default",), ())
    queues.saw("default", "orders", NOW, running=True)
    tell(queues, "orders", POLLED, IDLE)
    assert polled(queues) == {("orders", "Workflow"): 2.0}


def test_a_configured_queue_where_nothing_happens_has_no_pollers() -> None:
    queues = TaskQueues(("default", "other"), ("orders", "mail"))
    for queue in queues.due(NOW, 1000):
        lively = queue.namespace == "default" and queue.name == "mail"
        queues.answered(queue, {"Workflow": IDLE, "Activity": POLLED if lively else IDLE}, NOW)
    assert polled(queues) == {("orders", "Workflow"): 0.0, ("mail", "Activity"): 2.0}


def test_a_queue_with_open_workflows_and_no_sign_of_a_worker_has_no_pollers() -> None:
    queues = TaskQueues(("default",), ())
    queues.saw("default", "orders", NOW, running=True)
    tell(queues, "orders", IDLE, IDLE)
    assert polled(queues) == {("orders", "Workflow"): 0.0}
    assert polled(queues, NOW + TimeDelta(minutes=11)) == {}


def test_an_old_answer_is_told_with_its_age_and_then_no_more() -> None:
    queues = TaskQueues(("default",), ("orders",))
    tell(queues, "orders", WAITING, IDLE)
    later = queues.answers(NOW + TimeDelta(seconds=40))["matching.backlog"]
    assert later.age == 40.0
    assert later.note == "1 of 1 task queues were last asked up to 40 s ago"
    assert queues.answers(NOW + TimeDelta(minutes=11))["matching.backlog"].facts == ()


# Workers


def heartbeat(
    seconds: float = 0,
    *,
    status: WorkerStatus.ValueType = WorkerStatus.WORKER_STATUS_RUNNING,
    queue: str = "orders",
) -> WorkerInfo:
    slots_info = WorkerSlotsInfo(current_available_slots=3, current_used_slots=97, slot_supplier_kind="Fixed")
    return WorkerInfo(
        worker_heartbeat=WorkerHeartbeat(
            task_queue=queue, status=status, heartbeat_time=ago(seconds), workflow_task_slots_info=slots_info
        )
    )


def listing(*workers: WorkerInfo) -> ListWorkersResponse:
    return ListWorkersResponse(workers_info=workers)


@pytest.mark.parametrize(
    ("worker", "alive"),
    [
        (heartbeat(150), 1),
        (heartbeat(151), 0),
        (heartbeat(status=WorkerStatus.WORKER_STATUS_SHUTTING_DOWN), 0),
        (heartbeat(queue="sre-copilot-observe"), 0),
    ],
    ids=["late", "silent", "leaving", "our own"],
)
def test_a_worker_runs_while_it_says_so(worker: WorkerInfo, alive: int) -> None:
    answer = running([listing(worker)], "here", 0, NOW)
    assert isinstance(answer, Answer)
    assert answer.facts == (Fact(alive),)


def test_polls_without_heartbeats_are_not_zero_workers() -> None:
    answer = running([listing()], "here", 2, NOW)
    assert isinstance(answer, Missing)
    assert answer.reason is MissingReason.NO_DATA


def test_a_list_without_heartbeats_does_not_tell_who_runs() -> None:
    answer = running([ListWorkersResponse(workers=[WorkerListInfo(task_queue="orders")])], "here", 0, NOW)
    assert isinstance(answer, Missing)
    assert answer.reason is MissingReason.NOT_EMITTED


def test_only_a_fixed_number_of_slots_is_told() -> None:
    worker = heartbeat()
    worker.worker_heartbeat.activity_task_slots_info.slot_supplier_kind = "ResourceBased"
    worker.worker_heartbeat.activity_task_slots_info.current_used_slots = 4
    facts = list(slots("default", listing(worker), NOW))
    assert facts == [Fact(3, {"namespace": "default", "taskqueue": "orders", "kind": "workflow"})]


# The source, with a frontend that answers from a script


class Script:
    """A workflow service whose answers a test can replace, by method."""

    def __init__(self, **answers: Callable[[Any], Any]) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._answers: dict[str, Callable[[Any], Any]] = {
            "describe_namespace": lambda _: DescribeNamespaceResponse(),
            "count_workflow_executions": lambda _: CountWorkflowExecutionsResponse(count=5),
            "list_workflow_executions": lambda _: ListWorkflowExecutionsResponse(),
            "list_workers": lambda _: ListWorkersResponse(),
            "describe_task_queue": lambda _: DescribeTaskQueueResponse(stats=TaskQueueStats()),
        }
        self._answers.update(answers)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def call(request: Any, **_: Any) -> Any:
            self.asked.append((method, request))
            answer = self._answers[method](request)
            return await answer if isawaitable(answer) else answer

        return call


def says(status: RPCStatusCode, message: str = "because") -> Callable[[Any], Any]:
    def fail(_: Any) -> Any:
        raise RPCError(message, status, b"")

    return fail


def read(monkeypatch: pytest.MonkeyPatch, *scripts: Script, **cluster: Any) -> list[Reading]:
    """One reading for each script, all in one session."""
    turn = iter(scripts)
    current = SimpleNamespace(workflow_service=None)

    async def connected(*_: Any, **__: Any) -> Any:
        return current

    monkeypatch.setattr(session, "connect", connected)

    async def ask() -> list[Reading]:
        readings = []
        async with asking(watched("here:7233", **cluster)) as asked:
            for cycle, current.workflow_service in enumerate(turn):
                readings.append(await asked.read(at=NOW + TimeDelta(seconds=30 * cycle)))
        return readings

    return asyncio.run(ask())


def missing(reading: Reading, key: str) -> Missing:
    found = reading.samples[key]
    assert isinstance(found, Missing), found
    return found


def test_a_server_that_lists_no_workers_does_not_emit_them(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(list_workers=says(RPCStatusCode.UNIMPLEMENTED, "unknown method ListWorkers"))
    [reading] = read(monkeypatch, script, task_queues=("orders",))
    assert missing(reading, "workers.running").reason is MissingReason.NOT_EMITTED
    assert missing(reading, "workers.reported_slots_available").reason is MissingReason.NOT_EMITTED
    assert reading.value("matching.backlog") == 0.0


def test_where_no_queue_could_be_found_the_backlog_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(list_workflow_executions=says(RPCStatusCode.PERMISSION_DENIED, "no visibility"))
    [reading] = read(monkeypatch, script)
    found = missing(reading, "matching.backlog")
    assert found.reason is MissingReason.REJECTED
    assert "No task queue is known" in found.detail
    assert "no visibility" in found.detail


def test_one_refused_question_does_not_touch_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(count_workflow_executions=says(RPCStatusCode.PERMISSION_DENIED, "not for you"))
    [reading] = read(monkeypatch, script)
    assert missing(reading, "workflows.running") == Missing(
        MissingReason.REJECTED,
        "here:7233 does not permit CountWorkflowExecutions: not for you; grant read access.",
    )
    assert reading.value("frontend.reachable") == 1.0
    assert reading.value("matching.backlog") == 0.0


def test_an_unknown_search_attribute_is_not_emitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(request: Any) -> CountWorkflowExecutionsResponse:
        if "TemporalReportedProblems" in request.query:
            said = "invalid query: invalid search attribute: TemporalReportedProblems"
            raise RPCError(said, RPCStatusCode.INVALID_ARGUMENT, b"")
        return CountWorkflowExecutionsResponse(count=5)

    [reading] = read(monkeypatch, Script(count_workflow_executions=count))
    assert missing(reading, "workflows.stuck").reason is MissingReason.NOT_EMITTED
    assert reading.value("workflows.running") == 5.0


def test_a_queue_that_does_not_answer_this_time_keeps_its_last_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = TaskQueueStats(approximate_backlog_count=4, approximate_backlog_age=Duration(seconds=9))

    def first(_: Any) -> DescribeTaskQueueResponse:
        return DescribeTaskQueueResponse(stats=waiting)

    def later(request: Any) -> DescribeTaskQueueResponse:
        if request.task_queue.name == "slow":
            raise RPCError("Timeout expired", RPCStatusCode.CANCELLED, b"")
        return DescribeTaskQueueResponse(stats=TaskQueueStats())

    scripts = (Script(describe_task_queue=first), Script(describe_task_queue=later))
    before, after = read(monkeypatch, *scripts, task_queues=("slow", "quick"))
    assert before.value("matching.backlog") == 16.0
    backlog = after.sample("matching.backlog")
    assert backlog is not None
    assert backlog.value == 8.0
    assert backlog.age == 0.0
    assert backlog.note == "1 of 2 task queues were last asked up to 30 s ago"


def test_where_no_queue_answers_the_last_answers_are_not_passed_off_as_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hung = Script(describe_task_queue=says(RPCStatusCode.CANCELLED, "Timeout expired"))
    _, after = read(monkeypatch, Script(), hung, task_queues=("orders",))
    assert missing(after, "matching.backlog").reason is MissingReason.UNREACHABLE
    assert missing(after, "matching.backlog").detail.startswith("here:7233 did not answer DescribeTaskQueue within")


def test_an_older_server_tells_statistics_only_in_the_other_form(monkeypatch: pytest.MonkeyPatch) -> None:
    def describe(request: Any) -> DescribeTaskQueueResponse:
        if not request.api_mode:
            return DescribeTaskQueueResponse()
        [kind] = request.task_queue_types
        info = TaskQueueTypeInfo(stats=TaskQueueStats(approximate_backlog_count=int(kind)))
        return DescribeTaskQueueResponse(versions_info={"": TaskQueueVersionInfo(types_info={kind: info})})

    [reading] = read(monkeypatch, Script(describe_task_queue=describe), task_queues=("orders",))
    both = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW + TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    assert reading.value("matching.backlog") == float(both)


def test_who_may_not_describe_the_namespace_may_still_be_allowed_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [reading] = read(monkeypatch, Script(describe_namespace=says(RPCStatusCode.PERMISSION_DENIED)))
    assert reading.value("frontend.reachable") == 1.0
    assert reading.value("workflows.running") == 5.0


def test_a_frontend_that_limits_us_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    [reading] = read(monkeypatch, Script(describe_namespace=says(RPCStatusCode.RESOURCE_EXHAUSTED)))
    assert reading.value("frontend.reachable") == 1.0


@pytest.mark.parametrize("status", [RPCStatusCode.UNAVAILABLE, RPCStatusCode.INTERNAL, RPCStatusCode.DEADLINE_EXCEEDED])
def test_a_frontend_that_cannot_answer_is_measured_as_unreachable(
    monkeypatch: pytest.MonkeyPatch, status: RPCStatusCode
) -> None:
    [reading] = read(monkeypatch, Script(describe_namespace=says(status)))
    assert reading.value("frontend.reachable") == 0.0
    assert missing(reading, "workflows.running").reason is MissingReason.UNREACHABLE


def test_a_connection_that_broke_since_the_last_reading_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = iter([RPCError("transport error", RPCStatusCode.UNKNOWN, b"")])

    def first_fails(_: Any) -> DescribeNamespaceResponse:
        for error in broken:
            raise error
        return DescribeNamespaceResponse()

    _, after = read(monkeypatch, Script(), Script(describe_namespace=first_fails))
    assert after.value("frontend.reachable") == 1.0


def test_a_call_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(list_workers=lambda _: asyncio.Event().wait())
    settings = TemporalSettings(call_timeout=0.05)
    [reading] = read(monkeypatch, script, task_queues=("orders",), settings=settings)
    assert missing(reading, "workers.running") == Missing(
        MissingReason.UNREACHABLE, "here:7233 did not answer ListWorkers within 0.05 s."
    )
    assert reading.value("workflows.running") == 5.0


def test_only_reads_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    read(monkeypatch, script, script, task_queues=("orders",))
    methods = [method for method, _ in script.asked]
    assert {method.split("_")[0] for method in methods} <= {"describe", "count", "list"}
    # The search for unknown task queues is not repeated within 30 s less its jitter.
    assert methods.count("describe_task_queue") == 4


def test_open_workflows_on_known_queues_do_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from temporalio.api.workflow.v1 import WorkflowExecutionInfo

    script = Script(
        list_workflow_executions=lambda _: ListWorkflowExecutionsResponse(
            executions=[WorkflowExecutionInfo(task_queue="busy")]
        )
    )
    read(monkeypatch, script, script)
    queries = [request.query for method, request in script.asked if method == "list_workflow_executions"]
    assert "NOT IN" not in queries[0]
    assert queries[1].endswith('TaskQueue NOT IN ("busy")')
