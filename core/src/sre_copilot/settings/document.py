"""``sre-copilot.toml``: finding it, reading it, and the line of each value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from sre_copilot_hookspecs.errors import SettingsError

FILE_NAME = "sre-copilot.toml"
"""The file that is read from the current folder if no other is named."""

Keys = tuple[str, ...]
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


class SettingsFile:
    """A settings file that was read."""

    def __init__(self, path: Path, text: str) -> None:
        """Parse ``text``.

        :raises SettingsError: if it is not TOML; says line and column.
        """
        import tomllib  # here and below: most commands find no file to read

        self.path = path
        self._text = text
        try:
            self.content: Mapping[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(malformed(path, text, str(error))) from None

    @classmethod
    def read(cls, path: Path) -> SettingsFile:
        """Read a file.

        :raises SettingsError: if it is missing, unreadable, not UTF-8 or not TOML.
        """
        try:
            return cls(path, path.read_bytes().decode())
        except FileNotFoundError:
            raise SettingsError(f"there is no settings file {path}") from None
        except UnicodeDecodeError as error:
            raise SettingsError(f"{path} is not UTF-8 text: byte {error.start} is none") from None
        except OSError as error:
            raise SettingsError(f"settings file {path} cannot be read: {error.strerror}") from None

    def source(self, keys: Keys) -> str:
        """Where a value stands: file and line."""
        line = self._lines.get(keys)
        return f"{self.path}:{line}" if line is not None else str(self.path)

    @cached_property
    def _lines(self) -> dict[Keys, int]:
        import tomllib

        found: dict[Keys, int] = {}
        header: Keys = ()
        for number, statement in _statements(self._text):
            document = tomllib.loads(statement)
            if statement.lstrip().startswith("["):
                header = _deepest(document)
                found.setdefault(header, number)
                continue
            for keys in _paths(document, ()):
                found.setdefault((*header, *keys), number)
        return found


def find_file(explicit: Path | None = None) -> SettingsFile | None:
    """The named settings file, else ``sre-copilot.toml`` of the current folder, else none.

    :raises SettingsError: if the named file does not exist, or the file is not TOML.
    """
    if explicit is not None:
        return SettingsFile.read(explicit)
    usual = Path(FILE_NAME)
    return SettingsFile.read(usual) if usual.exists() else None


def malformed(path: Path, text: str, says: str) -> str:
    """One sentence from what the parser says about ``text``: where it is, what is wrong, and with which key.

    The value stays out of it, for it may be a secret.
    """
    place = _PLACE.search(says)
    what = says[: place.start()] if place else says
    what = what[:1].lower() + what[1:]
    if place is None or place["line"] is None:
        return f"{path}, line {max(1, len(text.splitlines()))}, at the end of the file: {what}"
    key, equals, _ = text.splitlines()[int(place["line"]) - 1].partition("=")
    named = f" for {key.strip()}" if equals and key.strip() else ""
    return f"{path}, line {place['line']}, column {place['column']}: {what}{named}"


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Every statement with the number of its first line.

    A statement is the fewest lines that are TOML by themselves, so that strings and arrays over several lines
    need no parser of their own.
    """
    import tomllib

    pending, start = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if not pending:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            start = number
        pending += line
        try:
            tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        yield start, pending
        pending = ""


def _deepest(document: Any) -> Keys:
    """The keys of a table header, which parses to empty tables within each other."""
    if isinstance(document, list):
        return _deepest(document[0])
    for key, value in document.items():
        return (key, *_deepest(value))
    return ()


def _paths(value: Any, keys: Keys) -> Iterator[Keys]:
    """The keys of every value, and of every table on the way to it."""
    if keys:
        yield keys
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _paths(below, (*keys, key))
