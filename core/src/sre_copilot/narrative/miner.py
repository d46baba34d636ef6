"""Groups unknown lines into templates, as the Drain algorithm does, in a tree of bounded size.

Lines are compared as they are, yet every word that a template keeps comes from a redacted line: what was not
redacted can match a template and never enters one. The algorithm is that of He, Zhu, Zheng and Lyu, "Drain: An
Online Log Parsing Approach with Fixed Depth Tree" (ICWS 2017).
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Sequence
from itertools import compress

import attrs
from whenever import Instant

from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.narrative.redaction import Redactor
from sre_copilot.narrative.tally import Tally
from sre_copilot_hookspecs import LogLine

MOST_TEMPLATES = 256
"""Templates at a time. A Temporal server has about as many kinds of warnings and errors in all its code."""

MOST_IN_A_LEAF = 32
MOST_FIRST_WORDS = 64
MOST_TOKENS = 24
"""Words of a line that are compared; what follows hardly tells lines apart."""

LONGEST_MINED = 512
"""Characters of a line that are compared."""

MOST_REDACTIONS = 1024
"""Lines of a window that are redacted to be compared once more. Redaction takes longer than all the rest."""

SIMILARITY = 0.4
"""Share of equal words from which a line belongs to a template: the algorithm's usual value."""

WORD = "<word>"
"""A place where words differ."""

MORE = "<more>"
"""A place of a remembered template whose word was not kept."""


@attrs.frozen
class Mined:
    """A template that lines of this window belong to."""

    key: str
    template: str
    service: str
    """Who wrote the lines, or empty where several did."""
    tally: Tally = attrs.field(eq=False)


class Miner:
    """The templates of one window, beginning with those that are remembered."""

    def __init__(self, redactor: Redactor, memory: MinerMemory) -> None:
        self._redactor = redactor
        self._lengths: dict[int, dict[str, list[_Cluster]]] = {}
        self._clusters: list[_Cluster] = []
        self._keys: set[str] = set()
        self._redactions = 0
        self.unmined = 0
        """Lines that found no place in the tree."""
        for remembered in memory.templates:
            tokens = remembered.template.split()[:MOST_TOKENS]
            tokens += [MORE] * (min(remembered.tokens, MOST_TOKENS) - len(tokens))
            if tokens and remembered.key not in self._keys:
                self._grow(remembered.key, tokens)

    def add(self, message: str, line: LogLine, at: Instant) -> str:
        """Count a line with its template, which is made if there is none.

        :return: key of the template; empty where there is no room for one.
        """
        tokens = message[:LONGEST_MINED].split(None, MOST_TOKENS)[:MOST_TOKENS]
        if not tokens:
            return ""
        cluster = self._find(tokens) or self._redacted(message, line)
        if cluster is None:
            self.unmined += 1
            return ""
        if cluster.tally.count == 0:
            cluster.service = line.service
        elif cluster.service != line.service:
            cluster.service = ""
        cluster.tally.count_line(message, line, at)
        return cluster.key

    def mined(self) -> Sequence[Mined]:
        """The templates of this window, in the order of their keys."""
        here = [cluster for cluster in self._clusters if cluster.tally.count]
        return sorted(
            (Mined(cluster.key, " ".join(cluster.tokens), cluster.service, cluster.tally) for cluster in here),
            key=lambda mined: mined.key,
        )

    def _find(self, tokens: list[str]) -> _Cluster | None:
        first_words = self._lengths.get(len(tokens))
        if first_words is None:
            return None
        leaf = first_words.get(tokens[0])
        if leaf is None:
            leaf = first_words.get(WORD)
            if leaf is None:
                return None
        least = SIMILARITY * len(tokens)
        best, best_equal = None, -1
        for cluster in leaf:
            equal = sum(map(operator.eq, cluster.tokens, tokens)) + cluster.typed
            if equal >= least and equal > best_equal:
                best, best_equal = cluster, equal
                if equal == len(tokens):
                    break
        if best is not None and best_equal < best.full:
            best.loosen(tokens)
        return best

    def _redacted(self, message: str, line: LogLine) -> _Cluster | None:
        """The template of a line that none knows as it is."""
        if self._redactions >= MOST_REDACTIONS or len(self._clusters) >= MOST_TEMPLATES:
            return None
        self._redactions += 1
        text = self._redactor.generalize(message[:LONGEST_MINED], line.attributes)
        tokens = text.split(None, MOST_TOKENS)[:MOST_TOKENS]
        if not tokens:
            return None
        found = self._find(tokens)
        if found is not None:
            return found
        return self._grow(_key(" ".join(tokens)), tokens)

    def _grow(self, key: str, tokens: list[str]) -> _Cluster | None:
        first_words = self._lengths.setdefault(len(tokens), {})
        first = tokens[0]
        if _varies(first) or (first not in first_words and len(first_words) >= MOST_FIRST_WORDS):
            first = WORD
        leaf = first_words.setdefault(first, [])
        if len(leaf) >= MOST_IN_A_LEAF or key in self._keys:
            return None
        cluster = _Cluster(key, tokens)
        leaf.append(cluster)
        self._clusters.append(cluster)
        self._keys.add(key)
        return cluster


class _Cluster:
    """One template and its lines."""

    __slots__ = ("full", "key", "service", "tally", "tokens", "typed")

    def __init__(self, key: str, tokens: list[str]) -> None:
        self.key = key
        self.tokens = tokens
        self.service = ""
        self.tally = Tally()
        self._count()

    def loosen(self, tokens: list[str]) -> None:
        """Let words that are not the same in this line vary."""
        differ = map(operator.ne, self.tokens, tokens)
        for at in compress(range(len(tokens)), differ):
            if not _placeholder(self.tokens[at]):
                self.tokens[at] = WORD
        self._count()

    def _count(self) -> None:
        """What any line has in common with this template, and what one has that changes nothing in it."""
        words = self.tokens.count(WORD)
        # A typed placeholder stands for whatever is there; a place of any word speaks for nothing.
        self.typed = sum(1 for token in self.tokens if token != WORD and _placeholder(token))
        self.full = len(self.tokens) - words


def _placeholder(token: str) -> bool:
    return "<" in token


def _varies(token: str) -> bool:
    return "<" in token or any(character.isdigit() for character in token)


def _key(template: str) -> str:
    return f"new.{hashlib.blake2s(template.encode('utf-8', 'replace'), digest_size=5).hexdigest()}"
