"""A model's words in the place of the rules' words, where every one of them is grounded."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot.explain.assessment import FactorRow
from sre_copilot_hookspecs import Advice, CopilotError, Explanation, Wording

LONGEST = 2000
"""Characters of one paragraph or factor. The rules' own are a quarter of that."""


class Ungrounded(CopilotError):
    """A model said something that the decision does not bear out; the text says what."""


@attrs.frozen
class Worded:
    """An explanation in other words."""

    explanation: Explanation
    factors: tuple[FactorRow, ...] = ()


def worded(document: Explanation, wording: Wording, known: frozenset[str], *, by: str) -> Worded:
    """The document with its paragraphs in the wording's words and its actions in the wording's order.

    Title, confidence, and what the actions are stay those of the rules: a wording has no field for them.

    :param known: ids of all evidence there is.
    :param by: who chose the words.
    :raises Ungrounded: naming the first thing that has no ground.
    """
    _check_citations(wording, known)
    texts = {paragraph.key: paragraph for paragraph in wording.paragraphs}
    unknown = set(texts) - {paragraph.key for paragraph in document.paragraphs}
    if unknown:
        raise Ungrounded(f"It wrote a paragraph {min(unknown)!r}, which the document does not have.")
    paragraphs = tuple(
        attrs.evolve(own, text=texts[own.key].text.strip(), evidence=texts[own.key].evidence)
        if own.key in texts
        else own
        for own in document.paragraphs
    )
    explanation = attrs.evolve(
        document, paragraphs=paragraphs, actions=_ordered(document, wording), explained_by=by, note=""
    )
    return Worded(explanation, tuple(FactorRow(text, evidence) for text, evidence in wording.factors))


def _check_citations(wording: Wording, known: frozenset[str]) -> None:
    said: Sequence[tuple[str, tuple[str, ...]]] = (
        *((paragraph.text, paragraph.evidence) for paragraph in wording.paragraphs),
        *wording.factors,
    )
    for text, evidence in said:
        invented = sorted(set(evidence) - known)
        if invented:
            raise Ungrounded(f"It cites {invented[0]!r}, which is no evidence of this decision.")
        if not text.strip() or len(text) > LONGEST:
            raise Ungrounded(f"A text of it has {len(text)} characters; from 1 to {LONGEST} are taken.")
    if any(not evidence for _, evidence in wording.factors):
        raise Ungrounded("It names a factor without evidence.")


def _ordered(document: Explanation, wording: Wording) -> tuple[Advice, ...]:
    positions = range(len(document.actions))
    if len(set(wording.actions)) != len(wording.actions) or not set(wording.actions) <= set(positions):
        raise Ungrounded("It recommends an action that is not among those of the document.")
    rest = [position for position in positions if position not in wording.actions]
    return tuple(document.actions[position] for position in (*wording.actions, *rest))
