"""The whole engine in one pure function: rules, memory and observation in, decision out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import attrs

from sre_copilot.health import bands, baselines, causes, issues, modes, services, states, worker_rules
from sre_copilot.health import trends as tracking
from sre_copilot.health.decision import NO_CAUSE, Bottleneck, CauseVerdict, Decision, GateResult, Outcome
from sre_copilot.health.encoding import digest
from sre_copilot.health.gates import PreparedGate, Usual, thresholds_at
from sre_copilot.health.memory import Known, Memory
from sre_copilot.health.observation import Observation, fresh
from sre_copilot.health.reasons import Grounds, reason
from sre_copilot.health.ruleset import Ruleset, needed_signals
from sre_copilot_hookspecs import Band, Category, Cause, Direction, Gate, HealthState, Level, Mode, Reading, Unit

_AFTERMATH = 0.5
"""Confidence in a cause whose evidence is gone and whose consequences are still there."""
_REMEMBERED = 64
"""Sets of facts of which the cause is remembered."""


@attrs.frozen(eq=False)
class Engine:
    """A ruleset made ready to decide; what depends on the rules alone is computed once."""

    ruleset: Ruleset
    digest: str
    watched: tuple[str, ...]
    tracked: tuple[str, ...]
    compared: tuple[str, ...]
    """Signals that are compared with their own past."""
    used: tuple[str, ...]
    """Every signal that a decision can depend on."""
    gates: Mapping[Band, tuple[PreparedGate, ...]]
    """Those of each scale band."""
    all_known: tuple[Known, ...]
    """What is remembered where every gate could be judged."""
    places: modes.Places
    resting: Mapping[Mode, tuple[int, ...]]
    """Places of the gates that rest in each mode."""
    worse: Mapping[str, Direction]
    """On which side each signal is judged to be worse."""
    actors: Mapping[Mode, tuple[services.Actor, ...]]
    choose: Callable[[frozenset[str], str, bool], tuple[CauseVerdict, tuple[CauseVerdict, ...]]]
    """The cause and the runners-up, remembered: the same facts mean the same, and facts change seldom."""
    told: Mapping[str, tuple[Gate, Unit]]
    """What a sentence about a gate is written from."""

    @classmethod
    def of(cls, ruleset: Ruleset) -> Engine:
        """The engine for one ruleset."""
        watched = modes.watched_signals(ruleset)
        demand = tuple(rule.key for rule in ruleset.signals if rule.category is Category.DEMAND)
        tracked, compared = (*demand, *watched), baselines.compared(ruleset.gates)
        gates, units = ruleset.gates, {rule.key: rule.unit for rule in ruleset.signals}
        return cls(
            ruleset,
            digest(ruleset),
            watched,
            tracked,
            compared,
            tuple(dict.fromkeys((*needed_signals(ruleset), *tracked, *compared))),
            {band: _prepared(ruleset, band) for band in Band},
            states.all_known(gates),
            modes.Places.of(gates),
            {mode: tuple(place for place, gate in enumerate(gates) if mode in gate.rests_in) for mode in Mode},
            tracking.worse_sides(gates),
            {mode: tuple(services.Actor.of(service, mode) for service in ruleset.services) for mode in Mode},
            lru_cache(_REMEMBERED)(partial(_choose, ruleset.causes)),
            {gate.key: (gate, units[gate.signal]) for gate in gates if gate.signal in units},
        )

    def decide(self, memory: Memory, observation: Observation, *, brief: bool = False) -> Decision:
        """The decision for one cycle; total and deterministic.

        :param brief: leave out what nothing else is decided from: services, bottleneck, trends, confidence and the
            reason's sentence. For replays of many cycles, of which a person reads a few.
        """
        rules = self.ruleset
        # What is too old is missing for everybody: gates, visibility, bands, trends and what is usual.
        reading = fresh(observation.reading, rules.visibility.stale_after, self.used)
        band, low_cycles = self._band(memory, reading)
        seen = modes.visibility(self.watched, reading)
        blind = seen < rules.visibility.blind_below
        usual = baselines.usual(memory.baselines)
        mode, results = self._judge(self.gates[band], usual, memory, reading, blind=blind)
        known = self._known(memory, results, reading)
        evidence = states.gather(results, observation.findings, states.lost_gates(known), mode, self.places)
        counters = states.count(memory, evidence, rules.patience)
        state = states.next_state(memory, counters, evidence, rules.patience)

        long_blind = counters.blind_cycles >= rules.patience.blind
        facts = causes.facts_of(results, observation.findings, blind=long_blind)
        speaking = long_blind or states.has_grounds(counters, evidence, rules.patience)
        cause, runners_up = self._cause(memory, facts, evidence, state, speaking=speaking)
        by_key = {result.key: result for result in results if result.key in facts} if facts else {}
        ruled = worker_rules.holding(rules.worker_rules, facts, by_key)
        permitted = worker_rules.permitted(cause.actions, rules.worker_rules, ruled)
        cause = cause if permitted is cause.actions else attrs.evolve(cause, actions=permitted)
        found = {finding.key: finding for finding in observation.findings}
        actors = () if brief else services.present(self.actors[mode], facts, reading)
        statuses = tuple([actor.describe(facts, by_key, found, reading) for actor in actors])
        tracks = () if brief else tracking.extend(memory.tracks, self.tracked, reading)
        learning = state is HealthState.HAPPY and mode is Mode.NORMAL and counters.calm_cycles > 0
        since = observation.at if state is not memory.state or memory.since is None else memory.since
        watched = len(self.watched)
        grounds = Grounds(rules.patience, self.told, results, evidence, counters, state, cause, seen, watched)
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
            bottleneck=Bottleneck.UNKNOWN if brief else services.bottleneck(rules.services, statuses, state, mode),
            cause=cause,
            runners_up=runners_up,
            trends=tracking.trends(tracks, self.worse),
            visibility=seen,
            confidence=0.0 if brief else self._confidence(cause, facts, seen),
            reason="" if brief else reason(grounds),
            ruleset=self.digest,
            debounce=rules.patience.critical,
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
                known=known,
                tracks=tracks,
                baselines=baselines.learn(memory.baselines, self.compared, reading, calm=learning),
                critical_ago=_critical_ago(memory, state),
                cause=_remembered(memory, cause, state),
                cause_quiet=memory.cause_quiet + 1 if cause.carried else 0,
                issues=issues.follow(
                    memory.issues,
                    cause,
                    observation.at,
                    patience=rules.patience.issue,
                    critical=state is HealthState.CRITICAL,
                ),
                cycles=memory.cycles + 1,
            ),
        )

    def _band(self, memory: Memory, reading: Reading) -> tuple[Band, int]:
        if self.ruleset.fixed_band is not None:
            return self.ruleset.fixed_band, 0
        rule = self.ruleset.scale
        calm = memory.state is HealthState.HAPPY
        value, asked = reading.value(rule.signal), bands.asked_of(rule, reading)
        return bands.next_band(rule, memory.band, value, memory.low_demand_cycles, calm=calm, asked=asked)

    def _known(self, memory: Memory, results: tuple[GateResult, ...], reading: Reading) -> tuple[Known, ...]:
        scale, forget = self.ruleset.scale.signal, self.ruleset.patience.forget
        known = states.remember_known(memory, results, forget, self.all_known)
        if not scale or self.ruleset.fixed_band is not None:
            return known
        return (*known, *states.remember_scale(memory, scale, reading.samples.get(scale), forget))

    def _judge(
        self, gates: Sequence[PreparedGate], usual: Usual, memory: Memory, reading: Reading, *, blind: bool
    ) -> tuple[Mode, tuple[GateResult, ...]]:
        samples = reading.samples
        judged = tuple([gate.ask(samples, usual) for gate in gates])

        def in_mode(mode: Mode) -> tuple[GateResult, ...]:
            """What all say in a mode: only gates that rest in it can say something else."""
            resting = self.resting[mode]
            if not resting:
                return judged
            results = list(judged)
            for place in resting:
                results[place] = gates[place].rest(samples, usual, mode)
            return tuple(results)

        normal = in_mode(Mode.NORMAL)
        mode = modes.provisional_mode(normal, self.places, blind=blind)
        results = normal if mode is Mode.NORMAL else in_mode(mode)
        if mode is Mode.IDLE and not self._proves_idle(results, memory, reading):
            return Mode.NORMAL, normal
        return mode, results

    def _proves_idle(self, results: tuple[GateResult, ...], memory: Memory, reading: Reading) -> bool:
        """No demand is not enough: nothing may object, and nothing that was seen may be out of sight."""
        objects = any(
            result.outcome is Outcome.FIRED and result.level in (Level.CRITICAL, Level.STRESSED) for result in results
        )
        return not objects and not states.lost_gates(self._known(memory, results, reading))

    def _cause(
        self,
        memory: Memory,
        facts: frozenset[str],
        evidence: states.Evidence,
        state: HealthState,
        *,
        speaking: bool,
    ) -> tuple[CauseVerdict, tuple[CauseVerdict, ...]]:
        if state is HealthState.HAPPY or state is HealthState.UNKNOWN:
            return NO_CAUSE, ()
        if not speaking:
            # Nothing is wrong any more, and the way back to Happy is not over: it is still the way out of the old.
            return causes.carried(self.ruleset.causes, facts, memory.cause), ()
        held = state is HealthState.CRITICAL and not evidence.critical
        ago = memory.critical_ago
        echo = ago is not None and ago < self.ruleset.patience.aftermath and not evidence.critical
        lingers = memory.state is HealthState.CRITICAL and memory.cause_quiet < self.ruleset.patience.lingering
        recovering = held or echo or lingers or evidence.mode is Mode.RECOVERING
        return self.choose(facts, memory.cause, recovering)

    def _confidence(self, cause: CauseVerdict, facts: frozenset[str], seen: float) -> float:
        """Agreement of the evidence, less what cannot be seen.

        What was measured stays measured in the dark, so a named cause loses at most half by it; that nothing is
        wrong can only be said of what is seen.
        """
        if cause.key == "none":
            return seen
        agreed = _AFTERMATH if cause.carried else self._agreement(cause, facts)
        return agreed * (1 + seen) / 2

    def _agreement(self, cause: CauseVerdict, facts: frozenset[str]) -> float:
        declared = next((known for known in self.ruleset.causes if known.key == cause.key), None)
        return causes.agreement(declared, facts)


def _choose(
    declared: tuple[Cause, ...], facts: frozenset[str], before: str, recovering: bool
) -> tuple[CauseVerdict, tuple[CauseVerdict, ...]]:
    return causes.choose(declared, facts, before, recovering=recovering)


def _prepared(ruleset: Ruleset, band: Band) -> tuple[PreparedGate, ...]:
    thresholds = thresholds_at(band, ruleset.thresholds)
    return tuple(PreparedGate.of(gate, thresholds) for gate in ruleset.gates)


def _critical_ago(memory: Memory, state: HealthState) -> int | None:
    if state is HealthState.CRITICAL:
        return 0
    if state is HealthState.HAPPY or memory.critical_ago is None:
        return None
    return memory.critical_ago + 1


def _remembered(memory: Memory, cause: CauseVerdict, state: HealthState) -> str:
    """The last cause that had evidence, until the cluster is Happy."""
    if state is HealthState.HAPPY:
        return "none"
    return cause.key if cause.key != "none" else memory.cause


def decide(ruleset: Ruleset, memory: Memory, observation: Observation) -> Decision:
    """Decide one cycle. For many cycles with the same rules, make an :class:`Engine` once."""
    return Engine.of(ruleset).decide(memory, observation)
