"""The whole engine in one pure function: rules, memory and observation in, decision out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import attrs

from sre_copilot.health import bands, baselines, causes, issues, modes, services, states, worker_rules
from sre_copilot.health import trends as tracking
from sre_copilot.health.decision import Bottleneck, CauseVerdict, Decision, GateResult, Outcome
from sre_copilot.health.encoding import digest
from sre_copilot.health.gates import PreparedGates, Usual, thresholds_at
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation, fresh
from sre_copilot.health.ruleset import Ruleset, needed_signals
from sre_copilot.health.sight import Sight
from sre_copilot.health.states import CRITICAL, HAPPY, IDLE, NORMAL, RECOVERING, UNKNOWN
from sre_copilot_hookspecs import Band, HealthState, Level, Mode, Reading, Side

_FIRED = Outcome.FIRED
_REMEMBERED = 64
"""Sets of facts of which the cause is remembered."""


@attrs.frozen(eq=False)
class Engine:
    """A ruleset made ready to decide; what depends on the rules alone is computed once."""

    ruleset: Ruleset
    digest: str
    sight: Sight
    tracked: tuple[str, ...]
    """Signals whose trends are told."""
    compared: tuple[str, ...]
    """Signals that are compared with their own past."""
    used: tuple[str, ...]
    """Every signal that a decision can depend on."""
    numbers: Mapping[Band, Mapping[str, float]]
    """The thresholds of each scale band, by key."""
    gates: Mapping[Band, PreparedGates]
    """Those of each scale band."""
    places: modes.Places
    resting: Mapping[Mode, tuple[int, ...]]
    """Places of the gates that rest in each mode."""
    actors: Mapping[Mode, tuple[services.Actor, ...]]
    blame: Callable[[frozenset[str], str, bool, bool], causes.Chosen]
    """The cause, remembered: the same facts mean the same, and facts change seldom."""
    sides: Mapping[str, Side]
    """On which side each actor is."""

    @classmethod
    def of(cls, ruleset: Ruleset) -> Engine:
        """The engine for one ruleset."""
        gates = ruleset.gates
        tracked, compared = tracking.tracked_signals(ruleset), baselines.compared(gates)
        sight = Sight.of(ruleset)
        numbers = {band: thresholds_at(band, ruleset.thresholds) for band in Band}
        return cls(
            ruleset,
            digest(ruleset),
            sight,
            tracked,
            compared,
            tuple(dict.fromkeys((*needed_signals(ruleset), *sight.watched, *tracked, *compared))),
            numbers,
            {band: PreparedGates.of(gates, numbers[band]) for band in Band},
            modes.Places.of(gates),
            {mode: tuple(place for place, gate in enumerate(gates) if mode in gate.rests_in) for mode in Mode},
            {mode: tuple(services.Actor.of(service, mode) for service in ruleset.services) for mode in Mode},
            lru_cache(_REMEMBERED)(partial(causes.blame, ruleset)),
            {service.key: service.side for service in ruleset.services},
        )

    def limits(self, memory: Memory) -> Mapping[str, float]:
        """What evaluators compare with: the thresholds of the scale band that the cluster was in."""
        return self.numbers[self.ruleset.fixed_band or memory.band or Band.STARTER]

    def decide(self, memory: Memory, observation: Observation, *, brief: bool = False) -> Decision:
        """The decision for one cycle; total and deterministic.

        :param brief: leave out what nothing else is decided from: services, bottleneck, recent values and confidence.
            For replays of many cycles, of which a person looks at a few.
        """
        rules, patience = self.ruleset, self.ruleset.patience
        # What is too old is missing for everybody: gates, visibility, bands, trends and what is usual.
        reading = fresh(observation.reading, rules.visibility.stale_after, self.used)
        band, low_cycles = self._band(memory, reading)
        seen = self.sight.visibility(reading)
        blind = seen < rules.visibility.blind_below
        usual = baselines.usual(memory.baselines)
        mode, results = self._judge(self.gates[band], usual, memory, reading, blind=blind)
        fired = tuple([result for result in results if result.outcome is _FIRED])
        judged, lost = self.sight.remember(memory, results, reading)
        evidence = states.gather(results, fired, observation.findings, lost, mode, self.places)
        counters = states.count(memory, evidence, patience)
        state = states.next_state(memory, counters, evidence, patience)

        long_blind = counters.blind_cycles >= patience.blind
        facts = causes.facts_of(fired, observation.findings, blind=long_blind)
        speaking = long_blind or states.has_grounds(counters, evidence, patience)
        chosen = self._blame(memory, facts, evidence, state, speaking=speaking)
        cause = chosen.cause
        by_key = {result.key: result for result in fired}
        ruled = worker_rules.holding(rules.worker_rules, facts, by_key) if facts else ()
        found = {finding.key: finding for finding in observation.findings}
        actors = () if brief else services.present(self.actors[mode], facts, reading)
        statuses = tuple([actor.describe(facts, by_key, found, reading) for actor in actors])
        recent = memory.recent if brief else tracking.extend(memory.recent, self.tracked, reading)
        learning = state is HAPPY and mode is NORMAL and counters.calm_cycles > 0
        since = observation.at if state is not memory.state or memory.since is None else memory.since
        critical = state is CRITICAL
        return Decision(
            at=observation.at,
            cluster=observation.cluster,
            state=state,
            before=memory.state,
            since=since,
            band=band,
            mode=mode,
            gates=results,
            findings=observation.findings,
            services=statuses,
            bottleneck=Bottleneck.UNKNOWN if brief else services.bottleneck(self.sides, statuses, state, mode),
            cause=cause,
            runners_up=chosen.runners_up,
            visibility=seen,
            confidence=0.0 if brief else _confidence(chosen, seen),
            ruleset=self.digest,
            debounce=patience.critical,
            worker_rules=ruled,
            memory=Memory(
                state=state,
                since=since,
                band=band,
                low_demand_cycles=low_cycles,
                critical_cycles=counters.critical_cycles,
                pressure_cycles=counters.pressure_cycles,
                calm_cycles=counters.calm_cycles,
                blind_cycles=counters.blind_cycles,
                judged=judged,
                lost=lost,
                recent=recent,
                baselines=baselines.learn(memory.baselines, self.compared, reading, calm=learning),
                critical_ago=_critical_ago(memory, state),
                cause=_remembered(memory, cause, state),
                cause_quiet=memory.cause_quiet + 1 if cause.carried else 0,
                issues=issues.follow(memory.issues, cause, observation.at, patience=patience.issue, critical=critical),
                cycles=memory.cycles + 1,
            ),
        )

    def _band(self, memory: Memory, reading: Reading) -> tuple[Band, int]:
        if self.ruleset.fixed_band is not None:
            return self.ruleset.fixed_band, 0
        rule = self.ruleset.scale
        calm = memory.state is HAPPY
        value, asked = reading.value(rule.signal), bands.asked_of(rule, reading)
        return bands.next_band(rule, memory.band, value, memory.low_demand_cycles, calm=calm, asked=asked)

    def _judge(
        self, gates: PreparedGates, usual: Usual, memory: Memory, reading: Reading, *, blind: bool
    ) -> tuple[Mode, tuple[GateResult, ...]]:
        judged = tuple(gates.ask(reading.samples, usual))
        normal = self._at_rest(judged, gates, reading, usual, NORMAL)
        mode = modes.provisional_mode(normal, self.places, blind=blind)
        results = normal if mode is NORMAL else self._at_rest(judged, gates, reading, usual, mode)
        if mode is IDLE and not self._proves_idle(results, memory, reading):
            return NORMAL, normal
        return mode, results

    def _at_rest(
        self, judged: tuple[GateResult, ...], gates: PreparedGates, reading: Reading, usual: Usual, mode: Mode
    ) -> tuple[GateResult, ...]:
        """What all say in a mode: only gates that rest in it can say something else."""
        if not self.resting[mode]:
            return judged
        results = list(judged)
        for place in self.resting[mode]:
            results[place] = gates.rest(place, reading.samples, usual, mode)
        return tuple(results)

    def _proves_idle(self, results: tuple[GateResult, ...], memory: Memory, reading: Reading) -> bool:
        """No demand is not enough: nothing may object, and nothing that was seen may be out of sight."""
        objects = any(
            result.outcome is Outcome.FIRED and result.level in (Level.CRITICAL, Level.STRESSED) for result in results
        )
        _, lost = self.sight.remember(memory, results, reading)
        return not objects and not lost

    def _blame(
        self,
        memory: Memory,
        facts: frozenset[str],
        evidence: states.Evidence,
        state: HealthState,
        *,
        speaking: bool,
    ) -> causes.Chosen:
        if state is HAPPY or state is UNKNOWN:
            return causes.NOBODY
        held = state is CRITICAL and not evidence.critical
        ago = memory.critical_ago
        echo = ago is not None and ago < self.ruleset.patience.aftermath and not evidence.critical
        lingers = memory.state is CRITICAL and memory.cause_quiet < self.ruleset.patience.lingering
        recovering = held or echo or lingers or evidence.mode is RECOVERING
        return self.blame(facts, memory.cause, speaking, recovering)


def _confidence(chosen: causes.Chosen, seen: float) -> float:
    """Agreement of the evidence, less what cannot be seen.

    What was measured stays measured in the dark, so a named cause loses at most half by it; that nothing is wrong can
    only be said of what is seen.
    """
    return seen if chosen.cause.key == "none" else chosen.agreed * (1 + seen) / 2


def _critical_ago(memory: Memory, state: HealthState) -> int | None:
    if state is CRITICAL:
        return 0
    if state is HAPPY or memory.critical_ago is None:
        return None
    return memory.critical_ago + 1


def _remembered(memory: Memory, cause: CauseVerdict, state: HealthState) -> str:
    """The last cause that had evidence, until the cluster is Happy."""
    if state is HAPPY:
        return "none"
    return cause.key if cause.key != "none" else memory.cause


def decide(ruleset: Ruleset, memory: Memory, observation: Observation) -> Decision:
    """Decide one cycle. For many cycles with the same rules, make an :class:`Engine` once."""
    return Engine.of(ruleset).decide(memory, observation)
