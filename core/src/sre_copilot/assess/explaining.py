"""Asking the configured explainers, with the rules' own text for when none of them can be heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import attrs

from sre_copilot.assess.foreign import ask_within
from sre_copilot.assess.grounding import NO_WORDS, Ungrounded, Vocabulary
from sre_copilot.assess.wording import Worded, worded
from sre_copilot.explain.assessment import ModelCall, PassageRow
from sre_copilot.health.encoding import to_json
from sre_copilot.narrative.redacting import kept
from sre_copilot.plugins.finding import what_happened
from sre_copilot_hookspecs import Explainer, Explanation, Passage

ATTEMPTS = 2
"""An answer without ground is asked for once more."""


@attrs.frozen
class Heard:
    """The explanation to serve, and what was asked and answered on the way."""

    worded: Worded
    calls: tuple[ModelCall, ...] = ()


async def hear(
    explainers: Sequence[Explainer],
    document: Explanation,
    passages: Sequence[PassageRow],
    known: frozenset[str],
    *,
    deadline: float,
    vocabulary: Vocabulary = NO_WORDS,
) -> Heard:
    """The first grounded wording of the first explainer that has one; otherwise the document, with the reason.

    :param known: ids of all evidence there is.
    :param deadline: seconds for everything.
    :param vocabulary: what texts are held against besides the document.
    """
    end = asyncio.get_running_loop().time() + deadline
    calls: list[ModelCall] = []
    for explainer in explainers:
        for _ in range(ATTEMPTS):
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                break
            found = await _ask(explainer, document, passages, known, vocabulary, left, calls)
            if found is not None:
                return Heard(found, tuple(calls))
    note = calls[-1].answered if calls else ""
    return Heard(Worded(attrs.evolve(document, explained_by="rules", note=note)), tuple(calls))


async def _ask(
    explainer: Explainer,
    document: Explanation,
    passages: Sequence[PassageRow],
    known: frozenset[str],
    vocabulary: Vocabulary,
    deadline: float,
    calls: list[ModelCall],
) -> Worded | None:
    began = time.monotonic()
    found = [Passage(one.source, one.heading, one.text, one.score, one.anchor) for one in passages]
    result: Worded | None = None
    try:
        wording = await ask_within(
            deadline, lambda: explainer.explain(document, found), name=f"explainer {explainer.key}"
        )
        result = worded(document, wording, known, by=explainer.key, vocabulary=vocabulary)
        answered = to_json(wording)
    except Ungrounded as refusal:
        answered = f"Explainer {explainer.key} was not heard: {refusal}"
    except Exception as failure:  # noqa: BLE001 - foreign code; the rules' text stands in for it
        answered = f"Explainer {explainer.key} was not heard: {what_happened(failure)}"
    seconds = round(time.monotonic() - began, 3)
    calls.append(ModelCall(explainer.key, explainer.key, to_json(document), kept(answered), seconds=seconds))
    return result
