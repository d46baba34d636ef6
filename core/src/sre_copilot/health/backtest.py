"""What rules would have decided: readings of the past through evaluators and the very same engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.health.columns import Columns
from sre_copilot.health.contrast import Contrast, Difference
from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.lookback import Lookback
from sre_copilot.health.memory import FORGOTTEN_AFTER, MISSED_CYCLES, Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.reasons import reason
from sre_copilot.health.ruleset import Ruleset, needed_signals
from sre_copilot_hookspecs import Finding, HealthState, Reading, Window

Evaluate = Callable[[Window], tuple[Finding, ...]]
"""Everything that evaluators find in a window."""


@attrs.frozen
class Span:
    """Cycles in a row with one state and one cause."""

    start: Instant
    until: Instant
    """When the next span begins, or the readings end."""
    state: HealthState
    cause: str
    """The cause's name; ``none`` where nobody is to blame."""
    cycles: int


@attrs.frozen
class Transition:
    """A change of state, of which somebody would have been told."""

    at: Instant
    before: HealthState
    after: HealthState
    cause: str
    reason: str
    gates: tuple[str, ...]
    """Keys of the gates that fired, worst first."""


@attrs.frozen
class Replayed:
    """What one ruleset made of the readings."""

    ruleset: str
    """Its digest."""
    spans: tuple[Span, ...]
    transitions: tuple[Transition, ...]
    cycles: int
    seconds: dict[HealthState, float]
    """How long each state lasted."""
    unread: float
    """Seconds for which there is no reading."""


@attrs.frozen
class BacktestReport:
    """What came of it."""

    cluster: str
    replayed: tuple[Replayed, ...]
    """One for each ruleset, in the order in which they were given."""
    differences: tuple[Difference, ...] = ()
    """Where the first two rulesets disagree."""


class Backtest:
    """Goes through the readings of one cluster, once, under one ruleset or several."""

    def __init__(self, engines: Sequence[Engine], evaluate: Evaluate, *, cycle: float, since: Instant) -> None:
        """Nothing is read yet.

        :param cycle: seconds between two readings, where none is missing.
        :param since: readings from before it only warm up windows and counters.
        """
        self._tracks = [_Track(engine, cycle, since) for engine in engines]
        self._contrast = Contrast(engines[0], engines[1], cycle=cycle) if len(engines) > 1 else None
        self._evaluate = evaluate
        self._since = since
        self._lookback = Lookback()
        self._wanted = tuple(dict.fromkeys(key for engine in engines for key in needed_signals(engine.ruleset)))
        self._last: Instant | None = None
        self._cluster = ""

    def feed(self, block: Columns) -> None:
        """Go on with the next readings, which are later than all before."""
        self._cluster = block.cluster
        if not len(block):
            return
        if self._last is not None and block.at[0] - self._last > FORGOTTEN_AFTER:
            self._lookback.forget()
        self._lookback.add(block)
        for position, row in enumerate(block.rows(self._wanted)):
            self._cycle(Reading(block.at[position], block.cluster, row), position)

    def _cycle(self, reading: Reading, position: int) -> None:
        at = reading.at
        if self._last is not None and at - self._last > FORGOTTEN_AFTER:
            for track in self._tracks:
                track.forget()
        self._last = at
        decisions, found = [], list[tuple[Mapping[str, float], tuple[Finding, ...]]]()
        for track in self._tracks:
            limits = track.limits
            # Most rulesets that are tried leave the evaluators' limits as they are.
            findings = next((one for same, one in found if same is limits or same == limits), None)
            if findings is None:
                findings = self._evaluate(self._lookback.window(position, limits))
                found.append((limits, findings))
            decisions.append(track.step(Observation(reading, findings)))
        if self._contrast is not None and at >= self._since:
            self._contrast.compare(decisions[0], decisions[1])

    def report(self) -> BacktestReport:
        """What came of everything that was fed."""
        return BacktestReport(
            self._cluster,
            tuple(track.replayed() for track in self._tracks),
            self._contrast.differences() if self._contrast is not None else (),
        )


class _Track:
    """One ruleset on its way through the readings."""

    def __init__(self, engine: Engine, cycle: float, since: Instant) -> None:
        self._engine = engine
        self._cycle = cycle
        self._since = since
        self._memory = Memory()
        self._last: Instant | None = None
        self._state, self._cause, self._start, self._cycles = HealthState.UNKNOWN, "", since, 0
        self._spans: list[Span] = []
        self._transitions: list[Transition] = []
        self._seconds = dict.fromkeys(HealthState, 0.0)
        self._unread = 0.0

    @property
    def limits(self) -> Mapping[str, float]:
        """What evaluators compare with."""
        return self._engine.limits(self._memory)

    def forget(self) -> None:
        """Begin anew, as the memory of a cluster that was not observed for long."""
        self._memory = Memory()

    def step(self, observation: Observation) -> Decision:
        decision = self._engine.decide(self._memory, observation, brief=True)
        self._memory = decision.memory
        if decision.at >= self._since:
            self._count(decision)
            if decision.state is not decision.before:
                self._transitions.append(_transition(self._engine.ruleset, decision))
        return decision

    def _count(self, decision: Decision) -> None:
        at, cause = decision.at, decision.cause.name
        self._lasted(at)
        if decision.state is not self._state or cause != self._cause or not self._cycles:
            self._close(at)
            self._state, self._cause, self._start, self._cycles = decision.state, cause, at, 0
        self._cycles += 1
        self._last = at

    def _lasted(self, until: Instant) -> None:
        """Count the time since the newest reading; what goes beyond some missed cycles was not read."""
        if self._last is None:
            return
        passed = (until - self._last).total("seconds")
        seen = passed if passed <= MISSED_CYCLES * self._cycle else self._cycle
        self._seconds[self._state] += seen
        self._unread += passed - seen
        if seen < passed:
            self._close(self._last + TimeDelta(seconds=self._cycle))

    def _close(self, until: Instant) -> None:
        if self._cycles:
            self._spans.append(Span(self._start, until, self._state, self._cause, self._cycles))
            self._cycles = 0

    def replayed(self) -> Replayed:
        spans, seconds = self._spans, self._seconds
        if self._last is not None:
            end = self._last + TimeDelta(seconds=self._cycle)
            spans = [*spans, Span(self._start, end, self._state, self._cause, self._cycles)]
            seconds = {**seconds, self._state: seconds[self._state] + self._cycle}
        return Replayed(
            self._engine.digest,
            tuple(spans),
            tuple(self._transitions),
            sum(span.cycles for span in spans),
            seconds,
            self._unread,
        )


def _transition(ruleset: Ruleset, decision: Decision) -> Transition:
    return Transition(
        decision.at,
        decision.before,
        decision.state,
        decision.cause.name,
        reason(ruleset, decision),
        tuple(gate.key for gate in decision.fired),
    )
