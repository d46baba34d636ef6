"""The state of every cluster for Prometheus, in its text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs
from whenever import Instant

from sre_copilot.api.freshness import freshness
from sre_copilot.api.serving import served_gates
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.decision import Outcome
from sre_copilot_hookspecs import HealthState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Samples = Iterable[tuple[Mapping[str, str], float]]


@attrs.frozen
class Family:
    """One metric with its samples. All are gauges."""

    name: str
    help: str
    samples: Samples

    def lines(self) -> Iterator[str]:
        """The family as Prometheus reads it."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples:
            pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{self.name}{{{pairs}}} {value!r}" if pairs else f"{self.name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def exposition(statuses: Mapping[str, StatusDocument | None], now: Instant, *, degraded: bool, connected: bool) -> str:
    """Every watched cluster's state, signals and gates.

    Values that are too old are left out, and their gates are unknown: a flat line would look like calm.
    """
    seen = {name: status for name, status in statuses.items() if status is not None}
    fresh = {name: one for name, one in seen.items() if not freshness(one, now).stale}
    families = (
        Family("sre_copilot_store_connected", "Whether the store answers.", [({}, float(connected))]),
        Family("sre_copilot_degraded", "Whether this is what was known earlier.", [({}, float(degraded))]),
        Family(
            "sre_copilot_health_state",
            "1 for the state the cluster is in; unknown once three cycles were missed.",
            _states(statuses, now),
        ),
        Family(
            "sre_copilot_observation_age_seconds",
            "Time since the newest observation.",
            _ages(seen, now),
        ),
        Family(
            "sre_copilot_visibility_ratio",
            "Share of the primary signals that could be seen.",
            [({"cluster": name}, one.visibility) for name, one in fresh.items()],
        ),
        Family(
            "sre_copilot_confidence_ratio",
            "Confidence in the decision.",
            [({"cluster": name}, one.confidence) for name, one in fresh.items()],
        ),
        Family(
            "sre_copilot_cause",
            "1 for the cause that was named; none where nobody is to blame.",
            [({"cluster": name, "cause": one.cause}, 1.0) for name, one in fresh.items()],
        ),
        Family("sre_copilot_signal", "A signal as it was read, in its unit.", _signals(fresh)),
        Family("sre_copilot_signal_missing", "1 for a signal without a value.", _missing(fresh)),
        Family("sre_copilot_gate", "1 for the outcome that the gate has.", _gates(seen, now)),
    )
    return "\n".join(line for family in families for line in family.lines()) + "\n"


def _states(statuses: Mapping[str, StatusDocument | None], now: Instant) -> Samples:
    for name, status in statuses.items():
        current = freshness(status, now).health_state
        for state in HealthState:
            yield {"cluster": name, "state": state.value}, float(state.value == current)


def _ages(seen: Mapping[str, StatusDocument], now: Instant) -> Samples:
    for name, status in seen.items():
        age = freshness(status, now).age_seconds
        assert age is not None
        yield {"cluster": name}, age


def _signals(fresh: Mapping[str, StatusDocument]) -> Samples:
    for name, status in fresh.items():
        for row in status.primary_signals + status.amplifiers:
            if row.value is not None:
                yield (
                    {
                        "cluster": name,
                        "signal": row.key,
                        "category": row.category,
                        "service": row.service,
                        "unit": row.unit,
                    },
                    float(row.value),
                )


def _missing(fresh: Mapping[str, StatusDocument]) -> Samples:
    for name, status in fresh.items():
        for row in status.primary_signals + status.amplifiers:
            if row.missing is not None:
                yield {"cluster": name, "signal": row.key, "reason": row.missing}, 1.0


def _gates(seen: Mapping[str, StatusDocument], now: Instant) -> Samples:
    for name, status in seen.items():
        for gate in served_gates(name, status, now, degraded=False).gates:
            for outcome in Outcome:
                labels = {"cluster": name, "gate": gate.key, "level": gate.level, "outcome": outcome.value}
                yield labels, float(outcome.value == gate.outcome)
