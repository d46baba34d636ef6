"""Which processes a metric is read from, and how they spell it: the selectors of a query."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from sre_copilot_hookspecs import Dialect, Matcher, MatchOperator, Metric, MissingReason
from sre_copilot_prometheus.failures import CannotCompile
from sre_copilot_prometheus.wire import wire_name

ROLE, INSTANCE = "role", "instance"
_PUNCTUATION = re.compile(r"[^a-zA-Z0-9_]")


@attrs.frozen
class Voice:
    """All processes of one role: the conditions that select them, and the dialect that they speak."""

    role: str
    conditions: str
    dialect: Dialect

    def up(self, metric: Metric | None = None) -> str:
        """The selector of ``up`` for these processes, or for those of them that the metric is about."""
        chosen = () if metric is None else tuple(each for each in metric.matchers if each.label == INSTANCE)
        return self._selector("up", (str(each) for each in chosen))

    def selector(self, metric: Metric, part: str = "", more: str = "") -> str:
        """The series of a metric.

        :param part: ``_bucket``, ``_sum`` or ``_count``.
        :param more: a further condition, already in PromQL.
        """
        raw = self.dialect.raw_label_values
        own = [condition(each, raw=raw) for each in metric.matchers if each.label != ROLE]
        return self._selector(wire_name(self.dialect, metric) + part, [*own, *filter(None, [more])])

    def _selector(self, name: str, conditions: Iterable[str]) -> str:
        return f"{name}{{{','.join([*conditions, self.conditions])}}}"


@attrs.frozen
class Vocabulary:
    """The roles of one cluster that Prometheus knows."""

    cluster: str
    voices: tuple[Voice, ...]
    target: tuple[str, ...] = ("job", "instance")
    """Labels that tell one process from another."""

    def voices_of(self, metric: Metric) -> tuple[Voice, ...]:
        """Who can speak of a metric.

        :raises CannotCompile: if nobody can.
        """
        found = tuple(voice for voice in self.voices if may_speak(metric, voice.role))
        if found:
            return found
        role = next((each.value for each in metric.matchers if each.label == ROLE), "server")
        sentence = f"No series of a {role} are configured; set clusters.{self.cluster}.prometheus.{role}."
        raise CannotCompile(MissingReason.NO_DATA, sentence)


def may_speak(metric: Metric, role: str) -> bool:
    """Whether the metric's conditions let it be read from processes of this role."""
    return all(_meets(each, role) for each in metric.matchers if each.label == ROLE)


def _meets(matcher: Matcher, value: str) -> bool:
    if matcher.operator in (MatchOperator.EQUAL, MatchOperator.NOT_EQUAL):
        return (matcher.value == value) is (matcher.operator is MatchOperator.EQUAL)
    matched = re.fullmatch(matcher.value, value, re.DOTALL) is not None
    return matched is (matcher.operator is MatchOperator.MATCHES)


def condition(matcher: Matcher, *, raw: bool) -> str:
    """A label condition as PromQL.

    :param raw: whether label values keep their punctuation on the wire. Where they do not, a condition on
        ``serviceerror.NotFound`` is met by ``serviceerror_NotFound`` as well.
    """
    sanitised = _PUNCTUATION.sub("_", matcher.value)
    exact = matcher.operator in (MatchOperator.EQUAL, MatchOperator.NOT_EQUAL)
    if raw or not exact or sanitised == matcher.value:
        return str(matcher)
    either = MatchOperator.MATCHES if matcher.operator is MatchOperator.EQUAL else MatchOperator.NOT_MATCHES
    return str(Matcher(matcher.label, either, f"{literal(matcher.value)}|{sanitised}"))


def literal(text: str) -> str:
    """A regular expression that matches exactly this text, in the syntax of RE2."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
