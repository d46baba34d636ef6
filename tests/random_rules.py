"""Valid rulesets that nobody wrote: what all rules must guarantee is tried on these as well as on the built-in ones."""

from __future__ import annotations

from hypothesis import strategies as st

from sre_copilot.health.causes import BLIND, FACTS
from sre_copilot.health.declarations import Declarations
from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Patience, Ruleset, Visibility
from sre_copilot_hookspecs import (
    Action,
    ActionKind,
    Band,
    Category,
    Cause,
    Condition,
    Direction,
    Gate,
    Level,
    Mode,
    ScaleRule,
    Service,
    Side,
    Signal,
    Threshold,
    ThresholdProfile,
    Unit,
    WorkerRule,
    Worst,
)
from tests.rules import declared

FINDINGS = ("random.first_finding", "random.second_finding")
_RECOVERY = {Direction.ABOVE: (0.5, 0.75, 0.9), Direction.BELOW: (1.1, 1.5, 2.0)}
_SIDES = st.sampled_from(list(Direction))
_NUMBERS = st.integers(1, 40).map(lambda quarter: quarter / 4)
_RESTS = st.lists(st.sampled_from([Mode.IDLE, Mode.SYSTEM_BUSY, Mode.RECOVERING]), max_size=1).map(tuple)


def _signal(key: str, category: Category, worst: Worst | None = None) -> Signal:
    dimensions = ("task_queue",) if worst is not None else ()
    return Signal(key, category, "random", Unit.COUNT, "How much?", probe="random", dimensions=dimensions, worst=worst)


@st.composite
def _threshold(draw: st.DrawFn, key: str, unit: Unit = Unit.COUNT) -> Threshold:
    return Threshold(key, unit, draw(_NUMBERS), draw(_NUMBERS), draw(_NUMBERS), "chance")


@st.composite
def _ordered(draw: st.DrawFn, signal: str, side: Direction) -> dict[Level, Threshold]:
    """Thresholds in the order that every band demands: healthy, stressed, critical."""
    per_band = []
    for _ in Band:
        healthy = draw(_NUMBERS)
        stressed = healthy + draw(st.integers(0, 8)) / 4
        critical = stressed + draw(st.integers(1, 8)) / 4
        numbers = (healthy, stressed, critical)
        per_band.append(numbers if side is Direction.ABOVE else tuple(20 - number for number in numbers))
    levels = (Level.HEALTHY, Level.STRESSED, Level.CRITICAL)
    return {
        level: Threshold(f"{signal}_{level.value}_at", Unit.COUNT, *(band[place] for band in per_band), "chance")
        for place, level in enumerate(levels)
    }


@st.composite
def _judged(draw: st.DrawFn, signal: Signal, conditions: list[Condition]) -> tuple[list[Gate], list[Threshold]]:
    """A primary signal's gates. Its bad side is one side: a signal is not too high and too low at once."""
    side = draw(_SIDES)
    thresholds = draw(_ordered(signal.key, side))
    good = Direction.BELOW if side is Direction.ABOVE else Direction.ABOVE
    gates = []
    for level in draw(st.lists(st.sampled_from(list(thresholds)), min_size=1, max_size=3, unique=True)):
        when = tuple(draw(st.lists(st.sampled_from(conditions), max_size=2, unique=True))) if conditions else ()
        gates.append(
            Gate(
                f"{signal.key}_{level.value}",
                signal.key,
                level,
                good if level is Level.HEALTHY else side,
                thresholds[level].key,
                "{value} against {threshold}.",
                when,
                draw(_RESTS),
                draw(st.sampled_from(_RECOVERY[side])) if level is Level.CRITICAL else None,
            )
        )
    if draw(st.integers(0, 3)) == 0:
        name = f"{signal.key}_rise"
        level = draw(st.sampled_from([Level.STRESSED, Level.EVIDENCE]))
        gates.append(Gate(name, signal.key, level, side, name, "{value} times as usual.", relative=True))
        return gates, [*thresholds.values(), draw(_threshold(name, Unit.RATIO))]
    return gates, list(thresholds.values())


def _mode_gates(draw: st.DrawFn, demand: list[Signal]) -> tuple[list[Gate], list[Threshold]]:
    gates, thresholds = [], []
    for level in (Level.IDLE, Level.SYSTEM_BUSY, Level.RECOVERING):
        for signal in draw(st.lists(st.sampled_from(demand), max_size=2, unique=True)):
            key = f"{signal.key}_{level.value.replace('-', '_')}"
            thresholds.append(draw(_threshold(key)))
            side = Direction.BELOW if level is Level.IDLE else draw(_SIDES)
            gates.append(Gate(key, signal.key, level, side, key, "{value}."))
    return gates, thresholds


def _cause(draw: st.DrawFn, number: int, facts: list[str]) -> Cause:
    some = st.lists(st.sampled_from(facts), max_size=2, unique=True).map(tuple)
    required = draw(some)
    action = Action(ActionKind.SCALE, "workers", "Change how many workers run.", parameters=(("direction", "down"),))
    return Cause(
        f"cause_{number}",
        f"cause {number}",
        "random",
        "It is so.",
        draw(st.integers(0, 5)),
        required,
        draw(some) if required else (draw(st.sampled_from(facts)),),
        draw(some),
        draw(some),
        (action,),
    )


def _service(draw: st.DrawFn, number: int, facts: list[str], signals: list[Signal]) -> Service:
    some = st.lists(st.sampled_from(facts), max_size=2, unique=True).map(tuple)
    needs = tuple(draw(st.lists(st.sampled_from([signal.key for signal in signals]), max_size=2, unique=True)))
    side = draw(st.sampled_from(list(Side)))
    key = f"service_{number}"
    return Service(key, key, side, draw(some), draw(some), draw(some), needs, optional=draw(st.booleans()))


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    """A ruleset that passes every check, of up to fifteen gates."""
    demand = [_signal(f"demand.d{number}", Category.DEMAND) for number in range(draw(st.integers(1, 3)))]
    worsts = st.sampled_from([None, None, Worst.HIGHEST, Worst.SUM])
    primary = [_signal(f"primary.p{n}", Category.PRIMARY, draw(worsts)) for n in range(draw(st.integers(1, 5)))]
    amplifiers = [_signal(f"amplifier.a{number}", Category.AMPLIFIER) for number in range(draw(st.integers(0, 2)))]
    thresholds = [draw(_threshold(f"{signal.key}_some")) for signal in (*demand, *amplifiers)]
    same_place = draw(st.booleans())
    conditions = [Condition(signal.key, draw(_SIDES), f"{signal.key}_some", same_place) for signal in demand]
    gates = [
        Gate(f"{s.key}_high", s.key, draw(st.sampled_from([Level.STRESSED, Level.EVIDENCE])), Direction.ABOVE,
             f"{s.key}_some", "{value}.")
        for s in amplifiers
    ]  # fmt: skip
    for signal in primary:
        more, numbers = draw(_judged(signal, conditions))
        gates += more
        thresholds += numbers
    more, numbers = _mode_gates(draw, demand)
    gates += more
    thresholds += numbers
    facts = [*(gate.key for gate in gates if gate.level in FACTS), *FINDINGS, BLIND]
    scale = ScaleRule(
        draw(st.sampled_from([*demand, *primary])).key,
        draw(st.sampled_from([2.0, 5.0])),
        draw(st.sampled_from([8.0, 15.0])),
        draw(st.sampled_from([0.0, 0.1, 0.3])),
        draw(st.integers(1, 4)),
        draw(st.sampled_from([None, demand[0].key])),
    )
    rule = WorkerRule("random.rule", (draw(st.sampled_from(facts)),), (ActionKind.SCALE, "down"), "Do not.")
    declarations = Declarations(
        declared([*demand, *primary, *amplifiers], "random"),
        declared(gates, "random"),
        declared(
            [ThresholdProfile("random.profile", tuple(thresholds), draw(st.sampled_from([None, scale])))], "random"
        ),
        declared([_cause(draw, number, facts) for number in range(draw(st.integers(0, 4)))], "random"),
        declared([_service(draw, n, facts, [*demand, *primary]) for n in range(draw(st.integers(0, 3)))], "random"),
        declared([rule] if draw(st.booleans()) else [], "random"),
        declared(FINDINGS, "random"),
        (("random", "1"),),
    )
    return resolve(
        declarations,
        band=draw(st.sampled_from([None, None, *Band])),
        patience=draw(patiences),
        visibility=Visibility(draw(st.sampled_from([0.3, 0.5, 0.8]))),
    )


patiences = st.builds(
    Patience,
    critical=st.integers(1, 4),
    pressure=st.integers(1, 3),
    calm=st.integers(1, 3),
    blind=st.integers(1, 4),
    forget=st.integers(0, 6),
    aftermath=st.integers(0, 4),
    lingering=st.integers(0, 3),
    issue=st.integers(1, 3),
)
