"""A model's words in the place of the rules' words, where every one of them is grounded."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot.assess.grounding import NO_WORDS, Ground, Ungrounded, Vocabulary
from sre_copilot.explain.assessment import FactorRow
from sre_copilot_hookspecs import Advice, Explanation, Wording


@attrs.frozen
class Worded:
    """An explanation in other words."""

    explanation: Explanation
    factors: tuple[FactorRow, ...] = ()


def worded(
    document: Explanation,
    wording: Wording,
    known: frozenset[str],
    *,
    by: str,
    vocabulary: Vocabulary = NO_WORDS,
) -> Worded:
    """The document with its paragraphs in the wording's words and its actions in the wording's order.

    Title, confidence, and what the actions are stay those of the rules: a wording has no field for them.

    :param known: ids of all evidence there is.
    :param by: who chose the words.
    :param vocabulary: what the texts are held against besides the document.
    :raises Ungrounded: naming the first thing that has no ground.
    """
    _check_texts(wording, known, Ground(document, vocabulary))
    texts = {paragraph.key: paragraph for paragraph in wording.paragraphs}
    unknown = set(texts) - {paragraph.key for paragraph in document.paragraphs}
    if unknown:
        raise Ungrounded(f"It wrote a paragraph {min(unknown)[:80]!r}, which the document does not have.")
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


def _check_texts(wording: Wording, known: frozenset[str], ground: Ground) -> None:
    said: Sequence[tuple[str, tuple[str, ...]]] = (
        *((paragraph.text, paragraph.evidence) for paragraph in wording.paragraphs),
        *wording.factors,
    )
    for text, evidence in said:
        invented = sorted(set(evidence) - known)
        if invented:
            raise Ungrounded(f"It cites {invented[0][:80]!r}, which is no evidence of this decision.")
        ground.check(text)
    if any(not evidence for _, evidence in wording.factors):
        raise Ungrounded("It names a factor without evidence.")


def _ordered(document: Explanation, wording: Wording) -> tuple[Advice, ...]:
    positions = range(len(document.actions))
    if len(set(wording.actions)) != len(wording.actions) or not set(wording.actions) <= set(positions):
        raise Ungrounded("It recommends an action that is not among those of the document.")
    rest = [position for position in positions if position not in wording.actions]
    return tuple(document.actions[position] for position in (*wording.actions, *rest))
