"""From Markdown to passages: one for each section, named by the headings above it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import attrs

LONGEST = 3_000
"""Characters of one passage. A longer section is cut between paragraphs, so that an answer stays readable."""

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_FIELD = re.compile(r"^([a-z]+):\s*(.*)$")


@attrs.frozen
class Section:
    """One passage of one file."""

    heading: str
    """``Title › Section``; the file's name where there is no title."""
    text: str
    keys: tuple[str, ...] = ()
    """What the file says it is about: keys of causes and findings."""
    anchor: str = ""
    """Of its heading, as GitHub and most renderers of Markdown make it; empty before the first heading."""


def sections(markdown: str, name: str) -> tuple[Section, ...]:
    """The passages of a file.

    :param name: the file's name without its ending, for text before the first heading.
    """
    fields, body = _front_matter(markdown)
    keys = tuple(word for value in fields.values() for word in re.split(r"[,\s]+", value) if word)
    found = []
    used: Counter[str] = Counter()
    for path, text in _parts(body):
        heading = " › ".join(path) or name
        anchor = _anchor(path[-1], used) if path else ""
        found += [Section(heading, piece, keys, anchor) for piece in _pieces(text)]
    return tuple(found)


def _anchor(title: str, used: Counter[str]) -> str:
    """Lower case, without punctuation, with dashes for blanks, and numbered where a title comes again."""
    plain = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
    used[plain] += 1
    return plain if used[plain] == 1 else f"{plain}-{used[plain] - 1}"


def _front_matter(markdown: str) -> tuple[dict[str, str], str]:
    lines = markdown.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}, markdown
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            matches = (_FIELD.match(field) for field in lines[1:number])
            return {match[1]: match[2] for match in matches if match}, "\n".join(lines[number + 1 :])
    return {}, markdown


def _parts(markdown: str) -> Iterator[tuple[list[str], str]]:
    path: list[tuple[int, str]] = []
    body: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            body.append(line)
            continue
        yield [title for _, title in path], "\n".join(body)
        level, body = len(heading[1]), []
        path = [(above, title) for above, title in path if above < level] + [(level, heading[2])]
    yield [title for _, title in path], "\n".join(body)


def _pieces(text: str) -> Iterator[str]:
    """A section in pieces of bounded size, cut between paragraphs and, in need, within one."""
    piece = ""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        for start in range(0, max(1, len(paragraph)), LONGEST):
            part = paragraph[start : start + LONGEST].strip()
            if piece and len(piece) + len(part) + 2 > LONGEST:
                yield piece
                piece = ""
            piece = f"{piece}\n\n{part}" if piece and part else piece or part
    if piece:
        yield piece
