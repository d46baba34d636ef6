"""Rules, an observer and stores for tests of the workflows, and a real Temporal server to run them on."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from whenever import Instant

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset, SignalRule
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.store.rows import KnownCluster
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.delivery import Entry
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot.workflows.worker import make_worker
from sre_copilot_hookspecs import (
    Category,
    Direction,
    Gate,
    Level,
    Missing,
    MissingReason,
    Reading,
    Sample,
    ScaleRule,
    Service,
    Threshold,
    Unit,
)

BINARY = Path(sys.executable).parent / "temporal"
DEMAND = "demand.rate"
BACKLOG = "queue_0.backlog_age"


def ruleset(*, queues: int = 3, critical: float = 60.0) -> Ruleset:
    """Rules about the oldest task of some queues; the first queue's can make the cluster critical."""
    ages = [f"queue_{number}.backlog_age" for number in range(queues)]
    stressed = [
        Gate(
            f"{age}_stressed",
            age,
            Level.STRESSED,
            Direction.ABOVE,
            "backlog.slow",
            "Work waits {value}.",
        )
        for age in ages
    ]
    return Ruleset(
        signals=(
            SignalRule(DEMAND, Category.DEMAND, "workload", Unit.PER_SECOND, "How much is asked?", "probe fake"),
            *(
                SignalRule(age, Category.PRIMARY, "matching", Unit.SECONDS, "How long does work wait?", "probe fake")
                for age in ages
            ),
        ),
        gates=(
            Gate(
                "backlog.critical",
                BACKLOG,
                Level.CRITICAL,
                Direction.ABOVE,
                "backlog.lost",
                "Work waits {value}.",
                recovery=0.75,
            ),
            *stressed,
        ),
        thresholds=(
            Threshold.everywhere("backlog.lost", Unit.SECONDS, critical, source="test"),
            Threshold.everywhere("backlog.slow", Unit.SECONDS, min(10.0, critical / 2), source="test"),
        ),
        causes=(),
        services=(
            Service(
                "matching",
                "Matching",
                blocked_by=("backlog.critical",),
                degraded_by=tuple(gate.key for gate in stressed),
                needs=tuple(ages),
            ),
        ),
        worker_rules=(),
        scale=ScaleRule(DEMAND),
    )


def reading(rules: Ruleset, at: Instant, age: float) -> Reading:
    """Every signal of the rules; the last one missing, the way real readings are."""
    samples = {rule.key: Sample(age + number / 7, 0.5) for number, rule in enumerate(rules.signals)}
    last = rules.signals[-1].key
    return Reading(at, "prod", {**samples, last: Missing(MissingReason.NO_DATA, "Nothing was observed.")})


class FakeObserver:
    """Answers at once, with backlog ages that ``ages`` gives for the first, second, … observation."""

    def __init__(self, rules: Ruleset, ages: Callable[[int], float] = lambda _: 1.0) -> None:
        self.rules = rules
        self.ages = ages
        self.calls: list[Instant] = []
        self.limits: list[Mapping[str, float]] = []
        self.takes = 0.0
        self.breaks: Exception | None = None

    async def observe(
        self, cluster_name: str, at: Instant, *, deadline: float, limits: Mapping[str, float]
    ) -> Observation:
        self.calls.append(at)
        self.limits.append(limits)
        await asyncio.sleep(self.takes)
        if self.breaks is not None:
            raise self.breaks
        return Observation(reading(self.rules, at, self.ages(len(self.calls) - 1)), elapsed=0.01)


class FakeStore:
    """Keeps everything in memory, except during an outage."""

    def __init__(self) -> None:
        self.receipts: dict[uuid.UUID, Receipt] = {}
        self.statuses: list[StatusDocument] = []
        self.rulesets: list[Ruleset] = []
        self.attempts = 0
        self.outage: Callable[[int], bool] = lambda _: False
        self.registered: dict[str, float] = {}
        self.removed: list[str] = []

    async def record(self, receipts: Sequence[Entry]) -> None:
        attempt, self.attempts = self.attempts, self.attempts + 1
        if self.outage(attempt):
            raise StorageUnavailable("The database does not answer.")
        for receipt, status in receipts:
            if receipt.id not in self.receipts:
                self.receipts[receipt.id] = receipt
                self.statuses.append(status)

    async def save_ruleset(self, ruleset: Ruleset) -> None:
        if ruleset not in self.rulesets:
            self.rulesets.append(ruleset)

    async def last_memory(self, cluster: str) -> Memory | None:
        kept = self.of(cluster)
        return kept[-1].decision.memory if kept else None

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        kept = [status for status in self.statuses if status.cluster == cluster]
        return kept[-1] if kept else None

    async def clusters(self) -> tuple[KnownCluster, ...]:
        return tuple(
            KnownCluster(name, cycle, Instant.now(), Instant.now() if name in self.removed else None)
            for name, cycle in self.registered.items()
        )

    async def register_cluster(self, name: str, cycle_seconds: float) -> None:
        self.registered[name] = cycle_seconds

    async def remove_cluster(self, name: str) -> None:
        self.removed.append(name)

    def of(self, cluster: str) -> list[Receipt]:
        """The receipts of one cluster in the order in which they were stored."""
        return [receipt for receipt in self.receipts.values() if receipt.decision.cluster == cluster]

    @property
    def kept(self) -> list[Receipt]:
        return list(self.receipts.values())


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[WorkflowEnvironment]:
    """A real Temporal server."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(BINARY),
        plugins=[sdk_plugin()],
        dev_server_log_level="error",
        # Stored histories name whoever asked and answered: that is no business of theirs.
        identity="tests",
    )
    async with environment:
        yield environment


@contextlib.asynccontextmanager
async def observing(
    client: Client,
    observer: FakeObserver,
    store: FakeStore,
    *,
    cycle: float = 1.0,
    start: ObserveInput | None = None,
) -> AsyncIterator[WorkflowHandle[ObserveClusterWorkflow, None]]:
    """A worker, and one cluster's workflow on a queue of its own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    # Beside other tests a sticky task may be picked up late: that would add events of its own.
    worker = make_worker(client, ClusterActivities(observer, store), cycles=[30.0], task_queue=name)
    async with worker:
        yield await client.start_workflow(
            ObserveClusterWorkflow.run,
            start or ObserveInput("prod", cycle, observer.rules),
            id=name,
            task_queue=name,
        )


async def until(condition: Callable[[], bool], within: float = 30.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)
