"""Recorded situations, read again by the real source and decided by the real engine, cycle by cycle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cache

import attrs
import httpx2
from whenever import Instant, TimeDelta

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.encoding import from_document
from sre_copilot.health.lookback import LENGTH as REMEMBERED
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.observe.windows import fit
from sre_copilot_exposition.cluster_watch import ClusterWatch, Means
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.targets import resolve_host
from sre_copilot_hookspecs import Missing, MissingReason, Reading, Sample, Window
from sre_copilot_temporal.dialects import DIALECTS
from tests.exposition_targets import cluster_of
from tests.rules import BUILTIN, EVALUATORS, SIGNALS, START
from tests.situation_files import Situation, load

URLS = {"server": "http://server:9090/metrics", "worker": "http://worker:9091/metrics"}
_DEADLINE = 60.0
"""Far more than an evaluation takes: nothing here may depend on the speed of the machine."""
_NOT_ASKED = Missing(MissingReason.NOT_EMITTED, "Nothing in the recording answers it.")


@attrs.define
class _Stage:
    """The cycle that is played, as HTTP and as a clock."""

    situation: Situation
    dark_from: int
    cycle: int = 0
    texts: dict[str, tuple[bytes | None, ...]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.texts = {target.role: target.texts() for target in self.situation.targets}

    def now(self) -> Instant:
        """When the cycle's scrape was made; the instant it was due where nothing answered."""
        made = [target.scraped[self.cycle] for target in self.situation.targets]
        due = self.cycle * self.situation.cycle
        return START + TimeDelta(seconds=next((at for at in made if at is not None), due))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """What the endpoint said in this cycle."""
        text = self.texts[request.url.host][self.cycle]
        if text is None or self.cycle >= self.dark_from:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(200, stream=_Once(text), headers={"Content-Type": "text/plain; version=0.0.4"})


class _Once(httpx2.AsyncByteStream):
    """A body as it arrives from a network, not yet read."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


async def _readings(situation: Situation, dark_from: int) -> tuple[Reading, ...]:
    stage = _Stage(situation, dark_from)
    roles = {target.role: (URLS[target.role],) for target in situation.targets}
    settings = ExpositionSettings(server=roles["server"], worker=roles.get("worker", ()), timeout=_DEADLINE)
    watch = ClusterWatch(cluster_of(settings, "test"), Means(DIALECTS, stage.now, resolve_host, Edition.THIRD))
    signals = fit(SIGNALS, situation.cycle)
    measured = [signal for signal in signals if signal.measure is not None]
    readings = []
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(stage.answer)) as client:
        for cycle, told in enumerate(situation.api):
            stage.cycle = cycle
            samples = dict(await watch.read(client, measured, _DEADLINE))
            probed = {key: from_document(document, Sample | Missing) for key, document in told.items()}
            asked = {signal.key: _NOT_ASKED for signal in signals}
            at = START + TimeDelta(seconds=cycle * situation.cycle)
            readings.append(Reading(at, "test", asked | samples | probed))
    return tuple(readings)


@cache
def readings(name: str, dark_from: int = 10**6) -> tuple[Reading, ...]:
    """Every reading of a recorded situation.

    :param dark_from: the cycle from which on no metrics endpoint answers.
    """
    return asyncio.run(_readings(load(name), dark_from))


@cache
def observations(name: str, dark_from: int = 10**6) -> tuple[Observation, ...]:
    """The same with what evaluators find in each window."""
    read = readings(name, dark_from)
    return tuple(
        Observation(reading, find(read[max(0, number - REMEMBERED + 1) : number + 1]))
        for number, reading in enumerate(read)
    )


def find(window: tuple[Reading, ...]) -> tuple:
    """The findings of every built-in evaluator, as the observer orders them."""
    found = {finding.key: finding for evaluator in EVALUATORS for finding in evaluator.evaluate(Window(window)).found}
    return tuple(found[key] for key in sorted(found))


def replay(name: str, *, dark_from: int = 10**6, engine: Engine | None = None) -> list[Decision]:
    """The decisions about a recorded situation, from a fresh memory on."""
    engine = engine or Engine.of(BUILTIN)
    memory, decisions = Memory(), []
    for observation in observations(name, dark_from):
        decisions.append(engine.decide(memory, observation))
        memory = decisions[-1].memory
    return decisions
