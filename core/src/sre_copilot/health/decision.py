"""The outcome of one cycle, with everything that explains it."""

from __future__ import annotations

import enum

from whenever import Instant

from sre_copilot.health.memory import Memory
from sre_copilot.health.quick import quick_frozen
from sre_copilot_hookspecs import Action, Band, Finding, HealthState, Level, Mode


class Outcome(enum.Enum):
    """What a gate says. There is no fourth answer, and unknown is never clear."""

    FIRED = "fired"
    CLEAR = "clear"
    UNKNOWN = "unknown"


@quick_frozen
class GateResult:
    """One gate, judged: what was compared with what. :mod:`sre_copilot.health.sentences` puts it into words."""

    key: str
    level: Level
    outcome: Outcome
    signal: str
    value: float | None
    threshold: float
    margin: float | None = None
    """How far the value is past the threshold, as a share of it; negative while it does not fire."""
    where: tuple[tuple[str, str], ...] = ()
    """Labels of the worst value, for signals with dimensions."""
    note: str = ""
    """Why it is unknown, or why it was not judged: a condition that does not hold, a mode in which it rests."""
    unanswered: bool = False
    """Unknown because nobody could be asked, rather than because nothing happened."""
    near: bool = False
    """Critical gates: within the recovery margin, so Critical is not left."""

    @property
    def is_refuted(self) -> bool:
        """Whether it was judged and did not fire."""
        return self.outcome is Outcome.CLEAR and not self.note


class Progress(enum.Enum):
    """Whether an actor moves work forward."""

    OK = "ok"
    DEGRADED = "degraded"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class PressureLevel(enum.Enum):
    """How hard an actor is pressed."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


@quick_frozen
class ServiceStatus:
    """One actor of the cluster."""

    key: str
    name: str
    progress: Progress
    pressure: PressureLevel
    dominant_signal: str | None
    """The signal that speaks loudest about it."""
    facts: tuple[str, ...] = ()
    """Keys of the gates and findings its status rests on."""
    expected: tuple[str, ...] = ()
    """Sentences about signals that look bad and are as they should be in this mode."""


class Bottleneck(enum.Enum):
    """Where work waits."""

    SERVER = "server"
    WORKER = "worker"
    MIXED = "mixed"
    NONE = "none"
    UNKNOWN = "unknown"


@quick_frozen
class CauseVerdict:
    """A cause that applies."""

    key: str
    name: str
    service: str
    says: str
    facts: tuple[str, ...]
    """Keys of the gates and findings that speak for it."""
    actions: tuple[Action, ...] = ()
    carried: bool = False
    """Taken over from earlier cycles: what is seen now is its aftermath."""


@quick_frozen
class RuleVerdict:
    """A worker rule that holds now."""

    key: str
    severity: Level
    says: str
    facts: tuple[str, ...]
    """Keys of the gates and findings it holds for."""
    where: tuple[tuple[str, str], ...] = ()
    """Labels of the queue and the kind of task it holds for."""


NO_CAUSE = CauseVerdict("none", "none", "", "Nothing holds back forward progress.", ())


class TrendDirection(enum.Enum):
    """Where a signal is going, judged by what is good for it."""

    IMPROVING = "improving"
    STABLE = "stable"
    WORSENING = "worsening"


@quick_frozen
class Trend:
    """The trend of one signal over the last cycles."""

    signal: str
    direction: TrendDirection


@quick_frozen
class Decision:
    """What was decided for one cluster at one instant, and why. Explanations are written from this alone."""

    at: Instant
    cluster: str
    state: HealthState
    before: HealthState
    """The state of the previous decision."""
    since: Instant
    """When the state was entered; equal to ``at`` when it changed now."""
    band: Band
    mode: Mode
    gates: tuple[GateResult, ...]
    findings: tuple[Finding, ...]
    services: tuple[ServiceStatus, ...]
    bottleneck: Bottleneck
    cause: CauseVerdict
    runners_up: tuple[CauseVerdict, ...]
    visibility: float
    """Share of the primary signals that could be seen, 0 to 1."""
    confidence: float
    """0 to 1."""
    ruleset: str
    """SHA-256 of the ruleset that decided, in hexadecimal."""
    debounce: int
    """How many consecutive critical cycles lead to Critical under that ruleset."""
    memory: Memory
    """What the next decision goes on from."""
    worker_rules: tuple[RuleVerdict, ...] = ()
    """What must not be done to workers now; actions against it are not among those of the cause."""

    @property
    def changed(self) -> bool:
        """Whether the state is another one than before."""
        return self.state is not self.before

    @property
    def fired(self) -> tuple[GateResult, ...]:
        """Gates that fired and mean stressed or critical, worst first."""
        speaking = [
            gate
            for gate in self.gates
            if gate.outcome is Outcome.FIRED and gate.level in (Level.CRITICAL, Level.STRESSED)
        ]
        return tuple(sorted(speaking, key=lambda gate: (gate.level is not Level.CRITICAL, -(gate.margin or 0.0))))
