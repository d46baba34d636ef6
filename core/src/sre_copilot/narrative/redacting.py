"""Text of others without secrets, at any length, before a model or the store sees it."""

from __future__ import annotations

import re

from sre_copilot.narrative.redaction import LONGEST_SAMPLE, Redactor

LONGEST_KEPT = 8000
"""Characters of a model's answer that are kept."""

_REDACTOR = Redactor()
# A redactor takes short texts; where a longer one is cut, no word may be.
_PIECE = re.compile(rf".{{1,{LONGEST_SAMPLE - 100}}}(?=\s|$)|\S+|\s+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def redacted(text: str) -> str:
    """The text with placeholders for secrets and identifiers, its lines where they were.

    A word too long to be read is dropped.
    """
    text = _PRIVATE_KEY.sub("<secret>", text)
    return "\n".join(_line(line) for line in text.split("\n"))


def kept(answer: str) -> str:
    """What is kept of a model's answer."""
    return redacted(answer[:LONGEST_KEPT])


def _line(line: str) -> str:
    if len(line) <= LONGEST_SAMPLE:
        return _REDACTOR.redact(line)
    return " ".join(_REDACTOR.redact(piece).strip() for piece in _PIECE.findall(line) if piece.strip())
