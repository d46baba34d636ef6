"""How the processes of a role spell the metrics of an expression, and how many series of them there are."""

from __future__ import annotations

from sre_copilot_hookspecs import Expr, Spelling
from sre_copilot_hookspecs.wire import SYNTHETIC, can_have, lack, names_of, parts_of
from sre_copilot_prometheus.asking import MEMBER, union
from sre_copilot_prometheus.client import PrometheusClient
from sre_copilot_prometheus.failures import CannotCompile, QueryFailed
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice


async def spellings_of(measure: Expr, vocabulary: Vocabulary, client: PrometheusClient) -> tuple[Spelling, ...]:
    """One for each role that is asked, with the query for the whole."""
    query = _query(measure, vocabulary)
    asked = [
        voice
        for voice in vocabulary.voices
        if any(can_have(metric, voice.role) for part in measure.walk() for metric in part.metrics)
    ]
    return tuple([await _spelling(measure, voice, query, client) for voice in asked])


def _query(measure: Expr, vocabulary: Vocabulary) -> str:
    try:
        return Compiler(vocabulary).compile(measure)
    except CannotCompile:
        return ""


async def _spelling(measure: Expr, voice: Voice, query: str, client: PrometheusClient) -> Spelling:
    selectors, troubles = _selectors(measure, voice)
    target = f"{voice.role} {voice.conditions}"
    counts = {name: 0 for name, _ in selectors}
    try:
        if selectors:
            # Without their numbers the counts would be one series.
            answer = await client.query(union([f"count({selector})" for _, selector in selectors]))
            for series in answer.series:
                name, _ = selectors[int(series.labels[MEMBER])]
                counts[name] = max(counts[name], round(series.points[-1][1]))
    except QueryFailed as failure:
        troubles = [str(failure)]
    return Spelling(target, voice.dialect.key, tuple(counts.items()), " ".join(dict.fromkeys(troubles)), query)


def _selectors(measure: Expr, voice: Voice) -> tuple[list[tuple[str, str]], list[str]]:
    """Pairs of name and selector, and what the dialect has no word for."""
    found: dict[tuple[str, str], None] = {}
    troubles: list[str] = []
    for part in measure.walk():
        for metric in part.metrics:
            if metric.name in SYNTHETIC or not can_have(metric, voice.role):
                continue
            why = lack(voice.dialect, part)
            if why:
                troubles.append(why)
                continue
            for name in (name for suffix in parts_of(part) for name in names_of(voice.dialect, metric, suffix)):
                found[name, voice.selector(metric, name=name)] = None
    return list(found), troubles
