"""Full-text search over passages: stemmed English, in memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import attrs
import tantivy

from sre_copilot_runbooks.library import Passaged

HEAP = 15_000_000
"""Bytes for building; the least that tantivy takes."""

MOST_WORDS = 64
"""Words of a question that are looked up; a situation is told in fewer."""

_WORD = re.compile(r"[\w]+")
_BOOSTS = {"keys": 4.0, "heading": 3.0, "text": 1.0, "whole": 2.0}
"""What a guide says it is about counts most, then its headings, then all of it, then the one section. Without the
whole the shortest section of any guide would come first."""

LONGEST_WHOLE = 20_000
"""Characters of a document that count as the whole of it."""

MOST_OF_ONE = 3
"""Passages of one document, as long as others fit too: a situation has neighbours, and their guides tell them apart."""

_LOOKED_AT = 8
"""How many times as many passages are ranked as are asked for, so that others are among them."""

_HALF = 10.0
"""The rank that becomes a score of one half: about that of a heading that is met."""


@attrs.frozen
class Found:
    """A passage and how well it fits, from 0 to below 1."""

    passage: Passaged
    score: float


class SearchIndex:
    """An index of passages. Searching it changes nothing, so threads may share it."""

    def __init__(self, passages: Sequence[Passaged]) -> None:
        self._passages = tuple(passages)
        self._index = tantivy.Index(_schema())
        writer = self._index.writer(HEAP, num_threads=1)
        whole = _wholes(self._passages)
        for number, passage in enumerate(self._passages):
            section = passage.section
            # A key is found whole and by the words in it.
            keys = " ".join(word for key in section.keys for word in (key, re.sub(r"[._]", " ", key)))
            writer.add_document(
                tantivy.Document(
                    number=number, heading=section.heading, text=section.text, keys=keys, whole=whole[passage.source]
                )
            )
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, question: str, limit: int) -> tuple[Found, ...]:
        """The passages that fit a question best. Any text is a question: it has no syntax."""
        words = list(dict.fromkeys(_WORD.findall(question.lower())))[:MOST_WORDS]
        if not words or not self._passages or limit < 1:
            return ()
        query, _ = self._index.parse_query_lenient(" ".join(words), list(_BOOSTS), field_boosts=_BOOSTS)
        searcher = self._index.searcher()
        hits = searcher.search(query, limit * _LOOKED_AT).hits
        found = [
            Found(self._passages[searcher.doc(address)["number"][0]], rank / (rank + _HALF)) for rank, address in hits
        ]
        # Equal ranks come in an order of their own; ours is the same every time.
        return tuple(sorted(_varied(sorted(found, key=_order))[:limit], key=_order))


def _wholes(passages: Sequence[Passaged]) -> dict[str, str]:
    """The beginning of every document."""
    texts: dict[str, str] = {}
    for passage in passages:
        before = texts.get(passage.source, "")
        if len(before) < LONGEST_WHOLE:
            texts[passage.source] = f"{before}\n{passage.section.text}"
    return texts


def _order(found: Found) -> tuple[float, str, str]:
    return -found.score, found.passage.source, found.passage.section.heading


def _varied(ranked: Sequence[Found]) -> list[Found]:
    """The same, with those that stand behind enough others of their document at the end."""
    seen: Counter[str] = Counter()
    first: list[Found] = []
    rest: list[Found] = []
    for found in ranked:
        seen[found.passage.source] += 1
        (first if seen[found.passage.source] <= MOST_OF_ONE else rest).append(found)
    return first + rest


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True)
    for field in _BOOSTS:
        builder.add_text_field(field, tokenizer_name="en_stem")
    return builder.build()
