"""The name somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like ``name``, or ``None`` where none is like it."""
    import difflib

    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a refusal: the nearest known name, or all of them where none is near."""
    known = sorted(known)
    found = nearest(name, known)
    if found is not None:
        return f"; did you mean {found!r}?"
    return f"; known are {', '.join(known)}" if known else ""
