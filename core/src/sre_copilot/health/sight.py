"""What can be seen of a cluster, and what could be seen of it before: nothing improves by getting out of sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial

import attrs

from sre_copilot.health.decision import GateResult
from sre_copilot.health.memory import Lost, Memory
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Category, Level, Missing, MissingReason, Reading, Sample

JUDGING = (Level.CRITICAL, Level.STRESSED, Level.HEALTHY)
"""Levels that decide about the state; the others say what the cluster is busy with, or serve causes."""

_EVIDENCE = Level.EVIDENCE
_REMEMBERED = 64
"""Sets of gates that cannot be judged of which is remembered which others can."""


@attrs.frozen(eq=False)
class Sight:
    """What a ruleset has to see, made ready for many cycles."""

    watched: tuple[str, ...]
    """The primary signals that gates judge the state by."""
    scale: str
    """The signal that tells the scale band; nothing where the band is fixed."""
    forget: int
    """Cycles after which what cannot be judged any more is forgotten."""
    everything: tuple[str, ...]
    """What is remembered where everything could be judged."""
    without: Callable[[tuple[str, ...]], tuple[str, ...]]
    """The same where these could not be judged."""

    @classmethod
    def of(cls, ruleset: Ruleset) -> Sight:
        """What the ruleset has to see."""
        scale = ruleset.scale.signal if ruleset.fixed_band is None else ""
        # Gates that tell the mode count as well: a backlog that cannot be seen any more is not worked off.
        gates = tuple(gate.key for gate in ruleset.gates if gate.level is not _EVIDENCE)
        everything = (*gates, scale_key(scale)) if scale else gates
        without = lru_cache(_REMEMBERED)(partial(_without, everything))
        return cls(watched_signals(ruleset), scale, ruleset.patience.forget, everything, without)

    def visibility(self, reading: Reading) -> float:
        """The share of the watched signals that could be seen, 0 to 1; 0 when there are none."""
        if not self.watched:
            return 0.0
        found = map(reading.samples.get, self.watched)
        # Asking each by itself would take twice as long, and nearly all are samples.
        return len([one for one in found if isinstance(one, Sample) or is_seen(one)]) / len(self.watched)

    def remember(
        self, memory: Memory, results: Sequence[GateResult], reading: Reading
    ) -> tuple[tuple[str, ...], tuple[Lost, ...]]:
        """What could be judged in this cycle, and what could be judged before and cannot be judged now.

        Whether the scale band could be told is remembered like a gate: a cluster that would rise into a stricter
        band, if only it were seen, has not improved.
        """
        unanswered = [result.key for result in results if result.unanswered and result.level is not _EVIDENCE]
        if self.scale and not is_seen(reading.samples.get(self.scale)):
            unanswered.append(scale_key(self.scale))
        judged = self.without(tuple(unanswered)) if unanswered else self.everything
        if not memory.lost and judged == memory.judged:
            return judged, ()
        before = {lost.gate: lost.cycles for lost in memory.lost} | dict.fromkeys(memory.judged, 0)
        ages = [(key, before[key]) for key in unanswered if key in before]
        return judged, tuple(Lost(key, cycles + 1) for key, cycles in ages if cycles < self.forget)


def watched_signals(ruleset: Ruleset) -> tuple[str, ...]:
    """The primary signals that gates judge the state by."""
    judged = {gate.signal for gate in ruleset.gates if gate.level in JUDGING}
    return tuple(rule.key for rule in ruleset.signals if rule.category is Category.PRIMARY and rule.key in judged)


def is_seen(found: Sample | Missing | None) -> bool:
    """Whether somebody answered: with a value, or that nothing happened."""
    if isinstance(found, Missing):
        return found.reason is MissingReason.NO_DATA
    return found is not None


def scale_key(signal: str) -> str:
    """By what name it is remembered whether the scale band could be told."""
    return f"scale {signal}"


def _without(everything: Iterable[str], unanswered: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in everything if key not in unanswered)
