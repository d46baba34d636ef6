"""How states and instants look in the terminal."""

from __future__ import annotations

STYLES = {"happy": "green", "stressed": "yellow", "critical": "bold red", "unknown": "magenta"}
"""How a state, or a gate of that level, looks."""


def moment(instant: str | None) -> str:
    """An ISO instant for people, to the second; empty where there is none."""
    if instant is None:
        return ""
    from whenever import Instant

    return Instant.parse_iso(instant).format_iso(unit="second").replace("T", " ").removesuffix("Z") + " UTC"
