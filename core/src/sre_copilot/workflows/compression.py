"""Making bytes smaller, and larger again up to a bound."""

from __future__ import annotations

import zlib

LARGEST = 16 * 1024 * 1024
"""Bytes that something packed may take unpacked. The copilot packs nothing near it."""


def pack(whole: bytes) -> bytes:
    """The bytes, compressed."""
    return zlib.compress(whole)


def unpack(packed: bytes) -> bytes:
    """The bytes that :func:`pack` was given.

    :raises ValueError: if they are damaged or too many.
    """
    unpacker = zlib.decompressobj()
    try:
        whole = unpacker.decompress(packed, LARGEST)
    except zlib.error as damage:
        raise ValueError(f"Compressed data is damaged: {damage}.") from damage
    if not unpacker.eof:
        # What a few bytes may unpack to has no bound: whoever can write a history could fill the memory.
        raise ValueError(f"Compressed data is cut off, or takes more than {LARGEST} bytes unpacked.")
    return whole
