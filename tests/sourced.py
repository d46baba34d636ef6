"""Tables that were copied by hand from somebody else's source, which each of them names."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parent / "data"


def sourced(name: str) -> dict[str, str]:
    """A committed table: the first column with the second."""
    with (DATA / name).open() as lines:
        rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    key, kind = list(rows[0])[:2]
    return {row[key]: row[kind] for row in rows}
