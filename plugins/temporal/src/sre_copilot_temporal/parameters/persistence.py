"""How many database calls each service may make."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import (
    DYNAMIC_CONFIG,
    Derivation,
    Emission,
    Parameter,
    ParameterClass,
    ParameterType,
)
from sre_copilot_temporal.parameters.targets import TRANSITIONS

HISTORY_CALLS = "history.persistenceMaxQPS"


def forty_calls_a_transition(transitions: int) -> int:
    """Calls a second: forty for each state transition, between 1,000 and 10,000."""
    return max(1000, min(10000, 40 * transitions))


def the_same(history_calls: int) -> int:
    """Calls a second, as for history."""
    return history_calls


AS_HISTORY = Derivation(
    (HISTORY_CALLS,), the_same, "With equal limits no service throttles before the others and hides where load is."
)

PERSISTENCE = (
    Parameter(
        key=HISTORY_CALLS,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="calls per second",
        minimum=100,
        maximum=20000,
        derivation=Derivation(
            (TRANSITIONS,),
            forty_calls_a_transition,
            "Forty calls for each transition leave headroom for retries and timers; past 10,000 a single host could"
            " flood the database.",
        ),
        emitted=(Emission(DYNAMIC_CONFIG, "history.persistenceMaxQPS"),),
        description="Database calls a second that one history instance may make.",
        rationale="Throttling in the server is orderly; a database that is flooded answers nobody.",
        source="Server default 9000.",
    ),
    Parameter(
        key="matching.persistenceMaxQPS",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="calls per second",
        minimum=100,
        maximum=20000,
        derivation=AS_HISTORY,
        emitted=(Emission(DYNAMIC_CONFIG, "matching.persistenceMaxQPS"),),
        description="Database calls a second that one matching instance may make.",
        rationale="Matching writes and reads tasks that no poller was waiting for, which peaks when workers are late.",
        source="Server default 3000.",
    ),
    Parameter(
        key="frontend.persistenceMaxQPS",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="calls per second",
        minimum=100,
        maximum=20000,
        derivation=AS_HISTORY,
        emitted=(Emission(DYNAMIC_CONFIG, "frontend.persistenceMaxQPS"),),
        description="Database calls a second that one frontend instance may make.",
        rationale="The frontend itself reads namespaces and visibility only, so the limit is rarely felt.",
        source="Server default 2000.",
    ),
    Parameter(
        key="worker.persistenceMaxQPS",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="calls per second",
        minimum=100,
        maximum=20000,
        derivation=AS_HISTORY,
        emitted=(Emission(DYNAMIC_CONFIG, "worker.persistenceMaxQPS"),),
        description="Database calls a second that one instance of the server's own worker may make.",
        rationale="Deletions and retention run here and have a limit of their own; too low a one lets data pile up.",
        source="Server default 500.",
    ),
)
