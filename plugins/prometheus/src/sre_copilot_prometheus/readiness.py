"""When having no series means zero: the process is up, and was scraped twice in the window.

Before the second scrape nothing is known of a counter's growth, so its absence says nothing either. Each
condition is a query with one value and no labels where it holds, and nothing where it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from sre_copilot_hookspecs import Aggregate, Arithmetic, Expr, Increase, Metric, Number, ObservationRate, Rate
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice

Growing: TypeAlias = Rate | Increase | ObservationRate
"""What is zero when it is absent."""


def needs(expression: Expr, vocabulary: Vocabulary, compile_growth: Callable[[Growing], str]) -> frozenset[str]:
    """What must hold for the absence of an expression to mean zero; all of it holds where it has a value."""
    match expression:
        case Rate() | Increase() | ObservationRate():
            voices = vocabulary.voices_of(expression)
            absence = _meaningful(voices, expression.metric, expression.window)
            # Of several roles one may be silent while another has the counter, which proves enough.
            return frozenset([absence if len(voices) == 1 else f"group({compile_growth(expression)} or {absence})"])
        case Aggregate() | Arithmetic():
            parts = (needs(each, vocabulary, compile_growth) for each in expression.children)
            return frozenset[str]().union(*parts)
        case Number():
            return frozenset()
    return frozenset()


def known(conditions: Iterable[str]) -> str:
    """All the conditions at once."""
    return " * ".join(sorted(conditions)) or "vector(1)"


def ready(voice: Voice, window: int, metric: Metric | None = None) -> str:
    """Whether some process of a role is up and was scraped twice in the window."""
    return f"group({_scraped_twice(voice, window, metric)})"


def _scraped_twice(voice: Voice, window: int, metric: Metric | None) -> str:
    up = voice.up(metric)
    if voice.dialect.aggregated:
        # What comes as a rate needs no second scrape. But samples with a time of their own can stand still behind a
        # scrape that succeeds, so something has to be fresh.
        return f"{up} == 1 and on () count({voice.present})" if voice.present else f"{up} == 1"
    return f"{up} == 1 and sum_over_time({up}[{window}s]) >= 2"


def _meaningful(voices: tuple[Voice, ...], metric: Metric, window: int) -> str:
    if len(voices) == 1:
        return ready(voices[0], window, metric)
    # A role that nobody scrapes is no reason to doubt the others; one that is scraped and silent is.
    anyone = " or ".join(_scraped_twice(voice, window, metric) for voice in voices)
    each = (f"group({_scraped_twice(voice, window, metric)} or absent({voice.up(metric)}))" for voice in voices)
    return " * ".join([f"group({anyone})", *each])
