"""Which processes a metric is read from, and how they spell it: the selectors of a query."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from sre_copilot_hookspecs import Dialect, Expr, Matcher, MatchOperator, Metric, MissingReason
from sre_copilot_hookspecs.wire import INSTANCE, ROLE, can_have, conditions_of, lack, wire_name
from sre_copilot_prometheus.failures import CannotCompile

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

    def selector(self, metric: Metric, part: str = "", more: str = "", *, name: str = "") -> str:
        """The series of a metric.

        :param part: ``_bucket``, ``_sum`` or ``_count``.
        :param more: a further condition, already in PromQL.
        :param name: on the wire, where it is not the metric's usual one.
        """
        raw = self.dialect.raw_label_values
        on_target = (each for each in metric.matchers if each.label == INSTANCE)
        own = [condition(each, raw=raw) for each in (*conditions_of(self.dialect, metric), *on_target)]
        return self._selector(name or wire_name(self.dialect, metric) + part, [*own, *filter(None, [more])])

    @property
    def present(self) -> str:
        """The selector of everything that a dialect with a closed list of names has; empty for others."""
        suffixes = "|".join(literal(suffix) for _, suffix in self.dialect.told_quantiles)
        names = sorted({literal(wire) for _, wire in self.dialect.renames})
        if not (self.dialect.only_renamed and names):
            return ""
        pattern = f"({'|'.join(names)})({suffixes})?".replace("\\", "\\\\")
        return f'{{__name__=~"{pattern}",{self.conditions}}}'

    def _selector(self, name: str, conditions: Iterable[str]) -> str:
        return f"{name}{{{','.join([*conditions, self.conditions])}}}"


@attrs.frozen
class Vocabulary:
    """The roles of one cluster that Prometheus knows."""

    cluster: str
    voices: tuple[Voice, ...]
    target: tuple[str, ...] = ("job", "instance")
    """Labels that tell one process from another."""

    def voices_of(self, expression: Expr) -> tuple[Voice, ...]:
        """Who can speak of the metric that an expression reads.

        :raises CannotCompile: if nobody can.
        """
        (metric,) = expression.metrics
        found = tuple(voice for voice in self.voices if can_have(metric, voice.role))
        lacks = [lack(voice.dialect, expression) for voice in found]
        able = tuple(voice for voice, why in zip(found, lacks, strict=True) if not why)
        if able:
            return able
        if lacks:
            raise CannotCompile(MissingReason.NOT_EMITTED, lacks[0])
        role = next((each.value for each in metric.matchers if each.label == ROLE), "server")
        sentence = f"No series of a {role} are configured; set clusters.{self.cluster}.prometheus.{role}."
        raise CannotCompile(MissingReason.NO_DATA, sentence)


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
