"""Going on where the last reading ended, in every file that holds lines of a cluster."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from whenever import Instant

from sre_copilot_hookspecs import LogLine, LogLines, LogRequest, log_line
from sre_copilot_logfile.files import LogFile, found_files, place_at, recognised
from sre_copilot_logfile.lines import raw_lines
from sre_copilot_logfile.places import Place, decode, encode
from sre_copilot_logfile.settings import LogfileSettings

LINES_IN_A_CHUNK = 5_000

FIRST_LOOK = 1024 * 1024
"""Bytes before the end of a file in which a first reading looks for lines of its span."""

AHEAD = 60.0
"""Seconds a line may be ahead of the span and be left for the next. A clock that is further ahead is wrong, and
waiting for it would hide all lines behind that one."""


@attrs.frozen
class Beginning:
    """A file with the offset to read it from."""

    file: LogFile
    head: bytes
    """Its first bytes, by which it is known again."""
    offset: int


class Tail:
    """One reading of the files of a cluster, as chunks that know how far they take it."""

    def __init__(self, settings: LogfileSettings, request: LogRequest) -> None:
        self._settings = settings
        self._request = request
        self._known = decode(request.cursor)
        self._reached: dict[int, tuple[Beginning, int]] = {}
        self._left = settings.max_bytes
        self._problems: list[str] = []

    def chunks(self) -> Iterator[LogLines]:
        """The lines since the cursor, or those of the span where there is none."""
        beginnings = self._beginnings()
        for beginning in beginnings:
            self._reached[beginning.file.inode] = (beginning, beginning.offset)
        for beginning in beginnings:
            yield from self._read(beginning)
        # Also where there was no line: the offsets of new files have to be remembered.
        yield self._chunk([], 0)

    def _beginnings(self) -> list[Beginning]:
        known = self._known or ()
        taken: set[Place] = set()
        beginnings = []
        files = found_files(self._settings.paths)
        if not files:
            self._problems.append(f"No file is there at {', '.join(self._settings.paths)}.")
        heads = [(file, file.beginning()) for file in files]
        # A copy with the same content must not be read instead of the file itself.
        for file, head in sorted(heads, key=lambda pair: not _is_known_by_inode(pair[0], known)):
            place = recognised(file, head, known)
            if place in taken:
                continue
            offset = self._offset(file, place)
            if offset is None:
                continue
            if place is not None:
                taken.add(place)
            beginnings.append(Beginning(file, head, offset))
        return sorted(beginnings, key=lambda beginning: beginning.file.changed)

    def _offset(self, file: LogFile, place: Place | None) -> int | None:
        """Where to go on in a file; ``None`` to leave it alone."""
        if place is not None:
            truncated = not file.compressed and file.size < place.offset
            return 0 if truncated else place.offset
        if file.compressed:
            # Its lines were read before it was compressed, or belong to a time before we came.
            return None
        if file.changed < self._request.since.timestamp(unit="millisecond") / 1000:
            return file.size
        return max(0, file.size - FIRST_LOOK) if self._known is None else 0

    def _read(self, beginning: Beginning) -> Iterator[LogLines]:
        lines: list[LogLine] = []
        damaged = 0
        skip_first = self._known is None and beginning.offset > 0
        try:
            for raw in raw_lines(beginning.file, beginning.offset):
                if self._left <= 0:
                    size = self._settings.max_bytes
                    self._problems.append(f"More than {size} bytes are new; the next reading goes on.")
                    break
                if skip_first:
                    # The middle of a line, most likely.
                    skip_first = False
                    continue
                line = log_line(raw.text, at=self._fallback(), service=self._settings.service)
                if self._belongs_to_the_next(line.at):
                    break
                self._note(beginning, raw.end)
                damaged += raw.damaged
                if raw.text and not self._is_before_the_first(line.at):
                    lines.append(line)
                if len(lines) == LINES_IN_A_CHUNK:
                    yield self._chunk(lines, damaged)
                    lines, damaged = [], 0
        except OSError as error:
            self._problems.append(f"{beginning.file.path} cannot be read: {error.strerror or error}.")
        if lines or damaged:
            yield self._chunk(lines, damaged)

    def _fallback(self) -> Instant:
        # Half-open: the last moment that belongs to the span.
        return max(self._request.since, self._request.until.subtract(seconds=0.001))

    def _belongs_to_the_next(self, at: Instant) -> bool:
        return self._request.until <= at < self._request.until.add(seconds=AHEAD)

    def _is_before_the_first(self, at: Instant) -> bool:
        return self._known is None and at < self._request.since

    def _note(self, beginning: Beginning, offset: int) -> None:
        self._left -= offset - self._reached[beginning.file.inode][1]
        self._reached[beginning.file.inode] = (beginning, offset)

    def _chunk(self, lines: list[LogLine], damaged: int) -> LogLines:
        problem, self._problems = " ".join(self._problems), []
        return LogLines(
            self._request.since,
            self._request.until,
            tuple(sorted(lines, key=lambda line: line.at)),
            problem=problem,
            cursor=encode(place_at(known.file, known.head, offset) for known, offset in self._reached.values()),
            unreadable=damaged,
        )


def _is_known_by_inode(file: LogFile, places: tuple[Place, ...]) -> bool:
    return any(place.inode == file.inode for place in places)
