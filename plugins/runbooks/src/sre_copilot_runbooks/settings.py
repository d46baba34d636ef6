"""The settings of searching runbooks."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen
class RunbooksSettings:
    """The table ``[runbooks]``: where advice is looked up."""

    folders: tuple[Path, ...] = ()
    "Folders with Markdown of your own, with everything below them."
    built_in: bool = True
    "Whether the copilot's own guides are searched too."
