"""Rulesets: what is refused and how, what identifies them, and that the built-in one is sound."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.declarations import Declarations
from sre_copilot.health.encoding import digest, from_json, to_json
from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Patience, Ruleset
from sre_copilot_hookspecs import (
    Cause,
    DeclarationError,
    Direction,
    Gate,
    Level,
    Service,
    Signal,
    Threshold,
    ThresholdProfile,
    Unit,
)
from tests.rules import BUILTIN, builtin_declarations, declared

CPU = Signal(
    key="payments.cpu",
    category="amplifier",
    service="payments",
    unit=Unit.RATIO,
    asks="Busy?",
    probe="payments",
)


def with_more(**more: object) -> Declarations:
    """The built-in declarations with those of a plugin called payments."""
    base = builtin_declarations()
    return attrs.evolve(
        base, **{name: (*getattr(base, name), *declared(values, "payments")) for name, values in more.items()}
    )  # type: ignore[call-overload]


def refused(declarations: Declarations, **options: object) -> str:
    with pytest.raises(DeclarationError) as caught:
        resolve(declarations, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_the_built_in_rules_survive_json_and_keep_their_digest() -> None:
    again = from_json(to_json(BUILTIN), Ruleset)
    assert again == BUILTIN
    assert digest(again) == digest(BUILTIN)


def test_the_order_in_which_plugins_register_does_not_matter() -> None:
    base = builtin_declarations()
    turned = attrs.evolve(base, signals=base.signals[::-1], gates=base.gates[::-1], causes=base.causes[::-1])
    assert digest(resolve(turned)) == digest(BUILTIN)


@pytest.mark.parametrize(
    "changed",
    [
        attrs.evolve(BUILTIN, patience=Patience(critical=4)),
        attrs.evolve(BUILTIN, engine="another"),
        attrs.evolve(BUILTIN, plugins=(("temporal", "9"),)),
        attrs.evolve(BUILTIN, gates=BUILTIN.gates[1:]),
    ],
)
def test_the_digest_names_everything_a_decision_depends_on(changed: Ruleset) -> None:
    assert digest(changed) != digest(BUILTIN)


def test_an_amplifier_cannot_lead_to_critical() -> None:
    gate = Gate.above(CPU, level=Level.CRITICAL, threshold="server.all_up", says="Slow.", key="payments.slow")
    says = refused(with_more(signals=[CPU], gates=[gate]))
    assert "plugin 'payments', gate 'payments.slow'" in says
    assert "Only primary signals may" in says


def test_two_plugins_cannot_declare_one_key() -> None:
    twin = Signal(
        key="frontend.reachable", category="primary", service="x", unit=Unit.COUNT, asks="?", probe="payments"
    )
    says = refused(with_more(signals=[twin]))
    assert "signal 'frontend.reachable' is declared by plugin 'temporal' and by plugin 'payments'" in says


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        (
            Gate("payments.g", "payments.nothing", Level.STRESSED, Direction.ABOVE, "server.all_up", "!"),
            "no plugin declares",
        ),
        (
            Gate("payments.g", "payments.cpu", Level.STRESSED, Direction.ABOVE, "payments.none", "!"),
            "no plugin declares",
        ),
        (
            Gate(
                "payments.g",
                "payments.cpu",
                Level.STRESSED,
                Direction.ABOVE,
                "matching.backlog_age_stressed",
                "!",
            ),
            "in ratio with 'matching.backlog_age_stressed' in seconds",
        ),
        (
            Gate("payments.g", "payments.cpu", Level.STRESSED, Direction.ABOVE, "server.all_up", "{hello}"),
            "hello",
        ),
        (
            Gate("payments.g", "payments.cpu", Level.STRESSED, Direction.ABOVE, "server.all_up", "{"),
            "cannot be filled in",
        ),
    ],
)
def test_a_gate_that_cannot_work_is_refused_by_name(gate: Gate, says: str) -> None:
    found = refused(with_more(signals=[CPU], gates=[gate]))
    assert "plugin 'payments', gate 'payments.g'" in found
    assert says in found


def test_all_problems_are_told_together() -> None:
    cause = Cause("c", "c", "s", "!", 1, requires=("payments.nothing",))
    service = Service("payments", "Payments", blocked_by=("payments.nope",), needs=("payments.gone",))
    says = refused(with_more(causes=[cause], services=[service]), overrides={"no.such": 1.0})
    assert len(says.splitlines()) == 4


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_an_override_must_be_finite(number: float) -> None:
    assert "not a finite number" in refused(builtin_declarations(), overrides={"matching.backlog_age_stressed": number})


def test_an_override_out_of_order_is_refused_and_one_in_order_holds_in_every_band() -> None:
    says = refused(builtin_declarations(), overrides={"matching.backlog_age_stressed": 1000.0})
    assert "does not come before 'matching.backlog_age_critical'" in says
    changed = resolve(builtin_declarations(), overrides={"matching.backlog_age_critical": 900.0})
    threshold = next(each for each in changed.thresholds if each.key == "matching.backlog_age_critical")
    assert (threshold.starter, threshold.mid_scale, threshold.high_throughput) == (900, 900, 900)


def test_healthy_may_equal_stressed_and_stressed_may_not_equal_critical() -> None:
    equal = {"matching.backlog_age_healthy": 50.0, "matching.backlog_age_stressed": 50.0}
    resolve(builtin_declarations(), overrides=equal)
    equal = {"matching.dispatch_ratio_critical": 0.5, "matching.dispatch_ratio_stressed": 0.5}
    assert "does not come before" in refused(builtin_declarations(), overrides=equal)


def test_there_is_one_scale_rule() -> None:
    profile = next(iter(builtin_declarations().threshold_profiles)).value
    second = ThresholdProfile("second", (), profile.scale)
    assert "there can be only one" in refused(with_more(threshold_profiles=[second]))


def test_a_threshold_is_a_number_for_every_band() -> None:
    with pytest.raises(DeclarationError, match=r"payments\.x"):
        Threshold("payments.x", Unit.COUNT, 1, float("nan"), 3, "nowhere")


@pytest.mark.parametrize(
    ("direction", "margin"), [(Direction.ABOVE, 1.5), (Direction.BELOW, 0.75), (Direction.ABOVE, 1)]
)
def test_a_recovery_margin_lies_on_the_safe_side(direction: Direction, margin: float) -> None:
    with pytest.raises(DeclarationError, match="recovery"):
        Gate("a.b", "a.c", Level.CRITICAL, direction, "a.d", "!", recovery=margin)


def test_every_gate_that_speaks_leads_to_some_cause() -> None:
    """A state that is not Happy should have a name for what is wrong."""
    named = {fact for cause in BUILTIN.causes for fact in (*cause.requires, *cause.any_of)}
    speaking = {gate.key for gate in BUILTIN.gates if gate.level in (Level.CRITICAL, Level.STRESSED)}
    assert speaking <= named
