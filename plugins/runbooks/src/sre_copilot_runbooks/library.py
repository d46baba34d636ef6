"""The Markdown files that are searched, and what could not be read of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from sre_copilot_hookspecs import Document
from sre_copilot_runbooks.passages import Section, sections

GUIDES = Path(__file__).parent / "guides"
"""The copilot's own guides, which are part of its documentation."""

LARGEST_FILE = 1024 * 1024
"""Bytes. A guide that somebody reads at night has a hundredth of that."""

MOST_FILES = 5_000


@attrs.frozen
class Shelf:
    """One folder and the name its files are cited by."""

    folder: Path
    name: str


@attrs.frozen
class Passaged:
    """One passage and the file it is from."""

    source: str
    """Such as ``guides/no-workers.md``."""
    section: Section


@attrs.frozen
class Stock:
    """Everything that can be found, and why some of it cannot."""

    passages: tuple[Passaged, ...]
    documents: tuple[Document, ...]
    """Every file that can be read, with passages or without."""
    problems: tuple[str, ...]


def shelves(folders: Sequence[Path], *, built_in: bool) -> tuple[Shelf, ...]:
    """The folders that are searched."""
    own = (Shelf(GUIDES, "guides"),) if built_in else ()
    return (*own, *(Shelf(folder, folder.name or str(folder)) for folder in folders))


def fingerprint(searched: Sequence[Shelf]) -> tuple[tuple[str, int, int], ...]:
    """Equal as long as no file has come, gone or changed."""
    found = []
    for shelf in searched:
        for path in _files(shelf.folder):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def stock(searched: Sequence[Shelf]) -> Stock:
    """Read every file. One that cannot be read is a problem, and the others are still found."""
    passages: list[Passaged] = []
    problems: list[str] = []
    documents: list[Document] = []
    for shelf in searched:
        if not shelf.folder.is_dir():
            problems.append(f"{shelf.folder} is no folder; see runbooks.folders.")
        for path in _files(shelf.folder):
            try:
                text = _text(path)
            except (OSError, ValueError) as error:
                problems.append(f"{path} cannot be read: {error}.")
                continue
            source = f"{shelf.name}/{path.relative_to(shelf.folder).as_posix()}"
            documents.append(Document(source, text))
            passages += [Passaged(source, section) for section in sections(text, path.stem)]
    return Stock(tuple(passages), tuple(documents), tuple(problems))


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in sorted(folder.rglob("*.md")) if path.is_file())
    for number, path in enumerate(found):
        if number == MOST_FILES:
            return
        yield path


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"it has {size} bytes; at most {LARGEST_FILE} are read")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error
