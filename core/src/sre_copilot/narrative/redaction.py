"""Takes out of a line what must not leave this room."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from sre_copilot.narrative.secret_shapes import NUMBER, PLACEHOLDER, SHAPES, TIME

LONGEST_SAMPLE = 500
"""Characters of a redacted sample."""

LONGEST_READ = 1024
"""Characters of a line that are redacted at all; the rest is dropped, not kept."""

IDENTIFYING: Mapping[str, str] = {
    "wf-id": "<workflow-id>",
    "workflow-id": "<workflow-id>",
    "workflowid": "<workflow-id>",
    "workflow_id": "<workflow-id>",
    "wf-run-id": "<uuid>",
    "wf-namespace": "<private>",
    "namespace": "<private>",
    "identity": "<private>",
    "workerid": "<private>",
    "hostname": "<host>",
    "host": "<host>",
    "host-id": "<host>",
    "address": "<ip>",
}
"""Attributes of a line whose values are identifiers, in lower case, and what stands for them in its message."""

_SHORTEST_IDENTIFIER = 4
"""Shorter values, as a workflow called ``a``, would blacken words of the message."""

_PUBLIC = frozenset({"default", "temporal-system", "history", "matching", "frontend", "worker", "internal"})
"""Names that every cluster has."""

_MOST_PASSES = 6
_GIVEN_UP = "<secret>"


class Redactor:
    """Replaces secrets and identifiers by typed placeholders. The same text always becomes the same text."""

    def __init__(self, private: Iterable[str] = ()) -> None:
        """:param private: texts that are never shown, in whatever case, such as names of customers."""
        words = sorted({word for word in private if word}, key=lambda word: (-len(word), word))
        self._private = _either(words) if words else None

    def redact(self, text: str, attributes: Mapping[str, str] | None = None) -> str:
        """The text without secrets, identifiers, hosts and addresses; short numbers stay.

        At most :data:`LONGEST_SAMPLE` characters. Redacting the result again changes nothing.

        :param attributes: of the line, whose identifiers are looked for in the text.
        """
        return self._settled(text, attributes, generalize=False)

    def generalize(self, text: str, attributes: Mapping[str, str] | None = None) -> str:
        """The redacted text as a template: every number is a placeholder, too."""
        return self._settled(text, attributes, generalize=True)

    def _settled(self, text: str, attributes: Mapping[str, str] | None, *, generalize: bool) -> str:
        text = _plain(text[:LONGEST_READ])
        if attributes and text:
            text = _without_identifiers(text, attributes)
        for _ in range(_MOST_PASSES):
            replaced = self._pass(text, generalize=generalize)
            if replaced == text:
                return text
            text = replaced
        # A text that is still changing was made to be; nothing of it is worth a risk.
        return _GIVEN_UP

    def _pass(self, text: str, *, generalize: bool) -> str:
        if self._private is not None:
            text = _replaced(self._private, "<private>", text)
        lowered = text.lower()
        for shape in SHAPES:
            if shape.hint and not any(hint in lowered for hint in shape.hint):
                continue
            replaced = shape.expression.sub(shape.replacement, text)
            if replaced != text:
                text, lowered = replaced, replaced.lower()
        if generalize:
            text = NUMBER.sub("<num>", TIME.sub("<time>", text))
        return _cut(text)


def _plain(text: str) -> str:
    """The text in the letters that expressions know: no full-width ones, and none that nobody sees between others."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")


def _either(words: Iterable[str]) -> re.Pattern[str]:
    # Placeholders come first, so that a private word in one of them stays what it is.
    parts = [PLACEHOLDER.pattern, *(re.escape(word) for word in words)]
    return re.compile("|".join(parts), re.IGNORECASE)


def _replaced(words: re.Pattern[str], placeholder: str, text: str) -> str:
    def kept_or_replaced(found: re.Match[str]) -> str:
        return found.group() if PLACEHOLDER.fullmatch(found.group()) else placeholder

    return words.sub(kept_or_replaced, text)


def _without_identifiers(text: str, attributes: Mapping[str, str]) -> str:
    for key, value in attributes.items():
        placeholder = IDENTIFYING.get(key.lower())
        if placeholder is None or len(value) < _SHORTEST_IDENTIFIER or value.lower() in _PUBLIC:
            continue
        if value in text:
            text = _replaced(_either([value]), placeholder, text)
    return text


def _cut(text: str) -> str:
    """The first characters, without the half of a placeholder at the end."""
    if len(text) <= LONGEST_SAMPLE:
        return text
    cut = text[:LONGEST_SAMPLE]
    opened = cut.rfind("<")
    if opened >= 0 and ">" not in cut[opened:] and PLACEHOLDER.match(text, opened):
        cut = cut[:opened]
    return cut.rstrip()
