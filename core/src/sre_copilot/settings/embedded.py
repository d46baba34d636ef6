"""What embedded servers leave behind for commands that look for them."""

from __future__ import annotations

import json
from pathlib import Path

import attrs

FILE = "embedded.json"
"""In the data folder."""


@attrs.frozen
class EmbeddedNote:
    """Where the embedded servers of a data folder are, or were."""

    database_url: str | None = None
    temporal: str | None = None
    """Address of the copilot's own Temporal server."""

    def write(self, folder: Path) -> None:
        """Leave it in a data folder, readable for its owner."""
        path = folder / FILE
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(attrs.asdict(self)), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, folder: Path) -> EmbeddedNote:
        """What was left in a data folder; an empty note where there is none that can be read."""
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            return cls(found.get("database_url"), found.get("temporal"))
        except (OSError, ValueError, AttributeError):
            return cls()
