"""Everything that one cycle asks of Prometheus, compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from sre_copilot_hookspecs import Expr, Metric, Missing, Signal
from sre_copilot_hookspecs.wire import SYNTHETIC, can_have
from sre_copilot_prometheus.failures import CannotCompile
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.readiness import ready
from sre_copilot_prometheus.status import questions
from sre_copilot_prometheus.vocabulary import Vocabulary


@attrs.frozen
class Plan:
    """The queries of one cycle, by what they are for."""

    vocabulary: Vocabulary
    measures: Mapping[Expr, str | Missing]
    readiness: Mapping[tuple[str, int], str]
    """By role and window: whether counters' growth can be told yet."""

    @property
    def members(self) -> list[str]:
        """Every query once; the few that tell how the targets are come first."""
        statuses = [query for voice in self.vocabulary.voices for query in questions(voice).values()]
        compiled = [query for query in self.measures.values() if isinstance(query, str)]
        return list(dict.fromkeys([*statuses, *self.readiness.values(), *compiled]))


def plan_of(signals: Sequence[Signal], vocabulary: Vocabulary) -> Plan:
    """Compile the measures and floors of signals."""
    compiler = Compiler(vocabulary)
    measures = {expression: _compiled(compiler, expression) for expression in measures_of(signals)}
    windows = {window for expression in measures for window in _windows(expression)}
    readiness = {(voice.role, window): ready(voice, window) for voice in vocabulary.voices for window in windows}
    return Plan(vocabulary, measures, readiness)


def measures_of(signals: Sequence[Signal]) -> Iterator[Expr]:
    """What signals measure, and what decides which of their values count."""
    for signal in signals:
        if signal.measure is not None:
            yield signal.measure
        if signal.floor is not None:
            yield signal.floor.measure


def metrics_of(measures: Iterable[Expr], role: str) -> frozenset[Metric]:
    """The metrics, without conditions, that processes of a role are asked for."""
    found = (metric for measure in measures for part in measure.walk() for metric in part.metrics)
    return frozenset(
        attrs.evolve(metric, matchers=()) for metric in found if metric.name not in SYNTHETIC and can_have(metric, role)
    )


def _windows(expression: Expr) -> Iterator[int]:
    for part in expression.walk():
        if part.metrics and hasattr(part, "window"):
            yield part.window


def _compiled(compiler: Compiler, expression: Expr) -> str | Missing:
    try:
        return compiler.compile_bare(expression)
    except CannotCompile as refusal:
        return refusal.missing
