"""The declared signals, gates and thresholds, and their PromQL.

Nothing is computed here that the copilot does not compute: a query is the compiled measure of a signal, and a line
is drawn where a declared threshold is.
"""

from __future__ import annotations

from functools import cache

from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.plugins.manager import Manager
from sre_copilot_hookspecs import Dialect, Expr, Gate, Signal, Threshold
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice
from sre_copilot_temporal.dialects import DIALECTS

DEFAULTS = PrometheusSettings()
SERVER, WORKER = "${server:raw}", "${worker:raw}"
"""Dashboard variables with the conditions that clusters.NAME.prometheus.server and .worker have."""


@cache
def signals() -> tuple[Signal, ...]:
    """Every signal of the installed plugins."""
    return tuple(declared.value for declared in _manager().declarations().signals)


@cache
def rules() -> Ruleset:
    """The rules without any deployment's overrides."""
    return resolve(_manager().declarations())


@cache
def _manager() -> Manager:
    return Manager.load()


def gates_of(signal: Signal) -> tuple[Gate, ...]:
    """The gates that judge a signal."""
    return tuple(gate for gate in rules().gates if gate.signal == signal.key)


def threshold(key: str) -> Threshold:
    """A threshold of the rules."""
    return next(each for each in rules().thresholds if each.key == key)


def dialect(key: str) -> Dialect:
    """A way of spelling metrics.

    :raises LookupError: if no plugin declares it.
    """
    known = {each.key: each for each in DIALECTS}
    if key not in known:
        raise LookupError(f"There is no dialect {key!r}; there are: {', '.join(known)}.")
    return known[key]


@cache
def _compiler(server: str, worker: str) -> Compiler:
    voices = (Voice("server", SERVER, dialect(server)), Voice("worker", WORKER, dialect(worker)))
    return Compiler(Vocabulary("${cluster}", voices, DEFAULTS.target))


def compiled(measure: Expr, server: str, worker: str) -> str:
    """A measure as PromQL, zeros and absences included."""
    return _compiler(server, worker).compile(measure)


def as_read(signal: Signal) -> str:
    """A signal that no metric tells, as the copilot's own /metrics repeats it."""
    return f'sre_copilot_signal{{cluster="${{cluster}}",signal="{signal.key}"}}'
