"""Finding log files, and opening them at an offset whether they are compressed or not."""

from __future__ import annotations

import glob
import gzip
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import attrs

from sre_copilot_logfile.places import FINGERPRINT_BYTES, Place


@attrs.frozen
class LogFile:
    """A file that may hold lines."""

    path: Path
    inode: int
    size: int
    """Bytes on disk, compressed where it is."""
    changed: float
    """Seconds since the epoch."""

    @property
    def compressed(self) -> bool:
        """Whether it has to be unpacked."""
        return self.path.suffix == ".gz"

    def open(self) -> BinaryIO:
        """Its lines as bytes.

        :raises OSError: if it is gone or may not be read.
        """
        return cast(BinaryIO, gzip.open(self.path)) if self.compressed else self.path.open("rb")

    def beginning(self) -> bytes:
        """The bytes by which it is known again; empty where it cannot be read."""
        try:
            with self.open() as opened:
                return opened.read(FINGERPRINT_BYTES)
        except (OSError, EOFError, zlib.error):
            return b""


def found_files(paths: Iterable[str]) -> tuple[LogFile, ...]:
    """Every file that the paths mean, with its rotated forms, oldest change first."""
    named = {path for pattern in paths for path in _meant_by(pattern)}
    files = [file for path in named if (file := _looked_at(path)) is not None]
    return tuple(sorted(files, key=lambda file: (file.changed, str(file.path))))


def _meant_by(pattern: str) -> Iterator[Path]:
    pattern = os.path.expanduser(pattern)  # noqa: PTH111  a pattern is no path yet
    for name in glob.glob(pattern):  # noqa: PTH207  patterns may be absolute
        path = Path(name)
        if path.is_dir():
            yield from path.iterdir()
        else:
            yield path
    # temporal.log.1, temporal.log-20261122 and temporal.log.2.gz were temporal.log once.
    for name in (*glob.glob(f"{pattern}.*"), *glob.glob(f"{pattern}-*")):  # noqa: PTH207
        yield Path(name)


def _looked_at(path: Path) -> LogFile | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # A pipe or a device would make the reading wait for a writer.
    if not stat.S_ISREG(status.st_mode) or path.name.startswith("."):
        return None
    return LogFile(path, status.st_ino, status.st_size, status.st_mtime)


def recognised(file: LogFile, beginning: bytes, places: Iterable[Place]) -> Place | None:
    """The place that belongs to a file, by its content and, of several, by its inode."""
    fits = [place for place in places if _fits(place, file, beginning)]
    return next((place for place in fits if place.inode == file.inode), fits[0] if fits else None)


def _fits(place: Place, file: LogFile, beginning: bytes) -> bool:
    if place.length == 0:
        return place.inode == file.inode
    if len(beginning) < place.length:
        return False
    return zlib.crc32(beginning[: place.length]) == place.checksum


def place_at(file: LogFile, beginning: bytes, offset: int) -> Place:
    """The place at an offset of a file."""
    known = beginning[:offset]
    return Place(file.inode, len(known), zlib.crc32(known), offset)
