"""One cluster as its Prometheus server knows it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from sre_copilot_hookspecs import (
    Cluster,
    Dialect,
    Expr,
    Metric,
    Missing,
    MissingReason,
    Sample,
    Signal,
    SourceUnavailable,
    Spelling,
)
from sre_copilot_hookspecs.wire import EMITTERS, native_dialect
from sre_copilot_prometheus.answers import Series
from sre_copilot_prometheus.asking import Answers, Lessons, ask_all
from sre_copilot_prometheus.client import PrometheusClient
from sre_copilot_prometheus.dialect import Detected
from sre_copilot_prometheus.discovery import KEPT, Discovery
from sre_copilot_prometheus.failures import CannotCompile, QueryFailed
from sre_copilot_prometheus.findings import Findings
from sre_copilot_prometheus.plan import Plan, measures_of, metrics_of, plan_of
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.ranges import Range
from sre_copilot_prometheus.reading import answer
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.spelling import spellings_of
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice

Samples = Mapping[str, Sample | Missing]

_FOR_EVALUATION = 0.1
"""The part of a deadline that is kept for making samples of the answers."""
_NOTHING_YET = Missing(MissingReason.WARMING_UP, "Prometheus has no series of these targets yet but their health.")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def check(settings: PrometheusSettings, cluster: str, dialects: Sequence[Dialect]) -> None:
    """Refuse settings that can never work.

    :raises SourceUnavailable: with a sentence that names the setting.
    """
    section = f"clusters.{cluster}.prometheus"
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise SourceUnavailable(
            f"{section}.url is not a base URL without credentials; write it like http://prometheus:9090."
        )
    for name in ("timeout", "max_body"):
        if not getattr(settings, name) > 0:
            raise SourceUnavailable(f"{section}.{name} is {getattr(settings, name)}; it must be positive.")
    if not settings.target or not all(map(_LABEL.fullmatch, settings.target)):
        raise SourceUnavailable(f"{section}.target must be a list of label names, such as job and instance.")
    for role in EMITTERS:
        conditions = getattr(settings, role)
        if set(_QUOTED.sub("", conditions)) & set('{}"'):
            raise SourceUnavailable(f'{section}.{role} is {conditions}; write it like job="temporal", without braces.')
    unknown = set(settings.dialect) - {dialect.key for dialect in dialects}
    if unknown:
        known = ", ".join(sorted(dialect.key for dialect in dialects))
        raise SourceUnavailable(f"{section}.dialect names {', '.join(sorted(unknown))}; there are {known}.")


class ClusterWatch:
    """Asks one server about one cluster, and remembers what it learnt about both."""

    def __init__(self, cluster: Cluster, client: PrometheusClient, dialects: Sequence[Dialect]) -> None:
        self._name = cluster.name
        self._client = client
        self._settings = client.settings
        self._roles = {role: getattr(self._settings, role) for role in EMITTERS if getattr(self._settings, role)}
        self._discoveries = {role: self._discovery(role, dialects) for role in self._roles}
        self._failures: dict[str, Missing] = {}
        self._lessons = Lessons(self._settings.max_query)
        self._forget_at = time.monotonic() + KEPT

    def _discovery(self, role: str, dialects: Sequence[Dialect]) -> Discovery:
        spoken = [dialect for dialect in dialects if dialect.emitter is EMITTERS[role]]
        chosen = next((dialect for dialect in spoken if dialect.key in self._settings.dialect), None)
        return Discovery(self._roles[role], spoken or [native_dialect(EMITTERS[role])], chosen)

    @property
    def client(self) -> PrometheusClient:
        """The connection to the server."""
        return self._client

    async def known(self, measures: Sequence[Expr]) -> Mapping[str, Detected]:
        """What is known of each role, looked up for these expressions if need be.

        :raises QueryFailed: if the server does not answer.
        """
        refreshed = (self._discoveries[role].refresh(self._client, metrics_of(measures, role)) for role in self._roles)
        await asyncio.gather(*refreshed)
        return {role: each.found for role, each in self._discoveries.items()}

    def detected(self) -> dict[str, str]:
        """The dialect of each role, as far as is known."""
        return {role: each.found.dialect.key for role, each in self._discoveries.items()}

    def vocabulary(self) -> Vocabulary:
        """How the cluster's processes spell their metrics."""
        voices = (
            Voice(role, self._roles[role], discovery.found.dialect) for role, discovery in self._discoveries.items()
        )
        return Vocabulary(self._name, tuple(voices), self._settings.target)

    async def read(self, signals: Sequence[Signal], deadline: float) -> Samples:
        """Answer every signal, within ``deadline`` seconds."""
        answers = Answers()
        plan: Plan | None = None
        try:
            async with asyncio.timeout(deadline * (1 - _FOR_EVALUATION)):
                await self._discover(tuple(measures_of(signals)))
                if self._roles and len(self._failures) == len(self._roles) and not self._anything_known:
                    return dict.fromkeys((each.key for each in signals), next(iter(self._failures.values())))
                plan = plan_of(signals, self.vocabulary())
                await ask_all(self._client.query, plan.members, self._current_lessons(), answers)
        except TimeoutError:
            # What came in time is worth having; the rest is missing below.
            if plan is None:
                why = Missing(MissingReason.UNREACHABLE, f"{self._client.place} did not answer within {deadline:g} s.")
                return dict.fromkeys((each.key for each in signals), why)
        findings = Findings(plan, answers, self._known())
        return {signal.key: _answered(signal, findings) for signal in signals}

    async def spellings(self, measure: Expr) -> tuple[Spelling, ...]:
        """How the processes of each role spell the metrics of an expression, and what it is asked as."""
        await self._discover([measure])
        return await spellings_of(measure, self.vocabulary(), self._client)

    async def query_range(self, expression: Expr, range_: Range) -> tuple[Series, ...]:
        """The values of an expression over a stretch of time.

        :raises QueryFailed: if the server does not answer.
        """
        await self._discover([expression])
        try:
            promql = Compiler(self.vocabulary()).compile(expression)
        except CannotCompile as refusal:
            raise QueryFailed(refusal.missing.reason, refusal.missing.detail) from None
        found = await self._client.query_range(promql, range_.start, range_.end, range_.step)
        return found.series

    @property
    def _anything_known(self) -> bool:
        return any(each.found.names for each in self._discoveries.values()) or bool(self._settings.dialect)

    async def _discover(self, measures: Sequence[Expr]) -> None:
        await asyncio.gather(*(self._discover_role(role, metrics_of(measures, role)) for role in self._discoveries))

    async def _discover_role(self, role: str, metrics: frozenset[Metric]) -> None:
        try:
            await self._discoveries[role].refresh(self._client, metrics)
            self._failures.pop(role, None)
        except QueryFailed as failure:
            self._failures[role] = failure.missing

    def _known(self) -> Mapping[str, Detected | Missing]:
        return {role: self._known_of(role, discovery) for role, discovery in self._discoveries.items()}

    def _known_of(self, role: str, discovery: Discovery) -> Detected | Missing:
        # A counter looked for under a wrong name would be zero; so without names there are no values.
        if discovery.found.names:
            return discovery.found
        if role not in self._failures:
            return _NOTHING_YET
        return discovery.found if discovery.chosen else self._failures[role]

    def _current_lessons(self) -> Lessons:
        # What a server rejected it may accept after an upgrade.
        if time.monotonic() > self._forget_at:
            self._forget_at = time.monotonic() + KEPT
            self._lessons = Lessons(self._settings.max_query)
        return self._lessons


def _answered(signal: Signal, findings: Findings) -> Sample | Missing:
    try:
        return answer(signal, findings)
    except Exception as error:  # noqa: BLE001  one signal that cannot be evaluated must not cost the others
        detail = f"{signal.key} could not be evaluated: {type(error).__name__}: {error}."
        return Missing(MissingReason.REJECTED, detail)
