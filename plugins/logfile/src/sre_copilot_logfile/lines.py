"""Reading lines of one file from an offset on, whatever its bytes are."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import attrs

from sre_copilot_logfile.files import LogFile

LONGEST_LINE = 64 * 1024
"""Bytes of a line that are kept; what follows until its end is passed over."""

LONGEST_WAY = 16 * 1024 * 1024
"""Bytes that are passed over in search of an end; behind them another line is taken to begin."""


@attrs.frozen
class RawLine:
    """One line as it stands in the file."""

    text: str
    """Empty where the bytes are no text."""
    end: int
    """Offset of the first byte behind it."""
    damaged: bool = False
    """It was cut because of its length, or is no text."""


def raw_lines(file: LogFile, offset: int) -> Iterator[RawLine]:
    """The complete lines behind an offset.

    A last line without an end is left for the next reading, unless the file is compressed and so will not grow.

    :raises OSError: if the file is gone or may not be read.
    """
    with file.open() as opened:
        opened.seek(offset)
        end = offset
        while True:
            try:
                piece = opened.readline(LONGEST_LINE)
            except (EOFError, zlib.error):
                # A file that is being compressed right now is read when that is done.
                return
            if not piece:
                return
            end += len(piece)
            whole = piece.endswith(b"\n")
            too_long = len(piece) == LONGEST_LINE and not whole
            if too_long:
                # Passed over even where its end is not written yet, so that it is not read again and again.
                end += _passed_over(opened)
            elif not whole and not file.compressed:
                return
            yield _line(piece, end, cut=too_long)


def _passed_over(opened: BinaryIO) -> int:
    passed = 0
    while passed < LONGEST_WAY and (piece := opened.readline(LONGEST_LINE)):
        passed += len(piece)
        if piece.endswith(b"\n"):
            break
    return passed


def _line(piece: bytes, end: int, *, cut: bool) -> RawLine:
    if b"\0" in piece:
        return RawLine("", end, damaged=True)
    text = piece.decode("utf-8", errors="replace").strip()
    # Some wrong characters do not hide what a line says; mostly wrong ones mean it is no text.
    if text.count("\ufffd") > len(text) // 4:
        return RawLine("", end, damaged=True)
    return RawLine(text, end, damaged=cut)
