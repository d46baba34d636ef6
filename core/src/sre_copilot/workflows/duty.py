"""The worker's whole duty: observe and assess every cluster of the settings until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from temporalio.client import Client
from whenever import Instant

from sre_copilot.narrative.redaction import Redactor
from sre_copilot.narrative.summary import PatternCount
from sre_copilot.observe import Observer
from sre_copilot.observe.log_reader import LogReader
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings
from sre_copilot.settings.silence import Silence
from sre_copilot.store import StorageUnavailable, Store
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assessment_activities import AssessmentActivities, Surroundings
from sre_copilot.workflows.assessment_start import AssessmentStarter, log_pattern_order
from sre_copilot.workflows.log_activities import LogActivities
from sre_copilot.workflows.log_evidence import LogEvidence
from sre_copilot.workflows.models import NO_MODELS, Models
from sre_copilot.workflows.packing import pack_regularly
from sre_copilot.workflows.retention import prune_regularly
from sre_copilot.workflows.schedules import Rhythm
from sre_copilot.workflows.supervise import Supervisor
from sre_copilot.workflows.supervise_logs import LogSupervisor
from sre_copilot.workflows.watches import watches
from sre_copilot.workflows.worker import make_worker
from sre_copilot_hookspecs import CopilotError

log = logging.getLogger(__name__)


class ServerLost(CopilotError):
    """A server that the copilot itself runs on is gone, or refuses; its settings may be right."""


async def watch_clusters(
    manager: Manager,
    settings: Settings,
    client: Client,
    store: Store,
    stop: asyncio.Event,
    models: Models = NO_MODELS,
) -> None:
    """Run a worker, keep its workflows in line with the settings, and forget what is old.

    Returns after ``stop`` was set and the cycles in work were finished.

    :param client: made with :func:`sre_copilot.workflows.sdk_plugin.sdk_plugin`, or with the plugins of ``models``.
    :param models: what is asked for words.
    :raises CopilotError: if settings or declarations are wrong.
    :raises ServerLost: if the Temporal server refuses the worker for good.
    """
    watched = watches(manager, settings)
    if models.problem:
        log.warning("%s Explanations stay in the rules' words.", models.problem)
    with contextlib.suppress(StorageUnavailable):
        # The store makes its tables by itself, sooner or later; now, no decision has to wait for them.
        await store.migrate()
    task_queue = settings.copilot.task_queue
    async with _observer(manager, settings) as observer, _log_reader(manager, settings) as reader:
        cycles = {
            cluster.name: settings.narrative.cycle
            for cluster in settings.clusters
            if await reader.configured(cluster.name)
        }
        starter = AssessmentStarter(client, task_queue=task_queue)
        worker = make_worker(
            client,
            ClusterActivities(observer, store, starter, _notes(reader, settings, store)),
            cycles=[*(watch.cycle for watch in watched), *cycles.values()],
            logs=_log_activities(reader, settings, store, starter),
            task_queue=task_queue,
            assessing=AssessmentActivities(store, _surroundings(manager, settings, models)),
            more=models.workflows,
        )
        rhythm = Rhythm(settings.copilot.assessment_every, settings.copilot.assessment_window)
        supervisor = Supervisor(client, store, task_queue=task_queue, rhythm=rhythm)
        beside = [
            asyncio.create_task(supervisor.tend(watched)),
            asyncio.create_task(LogSupervisor(client, task_queue=task_queue).tend(cycles)),
            asyncio.create_task(pack_regularly(store, [watch.cluster for watch in watched])),
            asyncio.create_task(
                prune_regularly(
                    store, days=settings.copilot.retention_days, readings_days=settings.copilot.readings_days
                )
            ),
        ]
        working = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel([*beside, stopping])
            await worker.shutdown()
            await asyncio.wait({working})
    failure = working.exception()
    if failure is not None:
        raise ServerLost(f"The worker cannot go on: {failure}") from failure


def _surroundings(manager: Manager, settings: Settings, models: Models) -> Surroundings:
    def offered(hook: str) -> tuple[Any, ...]:
        return tuple(declared.value for declared in manager.collect(hook, settings=settings))

    return Surroundings(
        retrievers=offered("copilot_retrievers"),
        explainers=offered("copilot_explainers"),
        notifiers=offered("copilot_notifiers"),
        clusters={cluster.name: cluster for cluster in settings.clusters},
        causes=tuple(declared.value.name for declared in manager.collect("copilot_causes")),
        asking=models.asking,
        no_model=models.problem,
        silences=tuple(Silence.parse(text) for text in settings.copilot.silences),
    )


@contextlib.asynccontextmanager
async def _observer(manager: Manager, settings: Settings) -> AsyncIterator[Observer]:
    observer = Observer(manager, settings)
    try:
        opened = await asyncio.gather(*(observer.open(cluster.name) for cluster in settings.clusters))
        for problem in (problem for problems in opened for problem in problems):
            log.warning("Plugin %s, %s: %s", problem.plugin, problem.where, problem.says)
        yield observer
    finally:
        await observer.close()


@contextlib.asynccontextmanager
async def _log_reader(manager: Manager, settings: Settings) -> AsyncIterator[LogReader]:
    reader = LogReader(manager, settings)
    try:
        yield reader
    finally:
        await reader.close()


def _notes(reader: LogReader, settings: Settings, store: Store) -> LogEvidence:
    return LogEvidence(store, reader.silences(), within=settings.narrative.correlation)


def _log_activities(reader: LogReader, settings: Settings, store: Store, starter: AssessmentStarter) -> LogActivities:
    async def alarm(cluster: str, at: Instant, patterns: Sequence[PatternCount]) -> None:
        # One assessment sees all of them; the first is the most severe.
        await starter.start(log_pattern_order(cluster, patterns[0].key, at))

    return LogActivities(reader, store, reader.patterns(), Redactor(settings.narrative.private), alarm)


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            log.error("A background task had failed.", exc_info=ended)
