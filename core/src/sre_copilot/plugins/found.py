"""A plugin that was found, and what can be said about where it comes from."""

from __future__ import annotations

import enum
from pathlib import Path

import attrs

from sre_copilot.plugins.installed import InstalledPlugin


class Origin(enum.Enum):
    """How a plugin was found."""

    ENTRY_POINT = "entry point"
    MODULE = "module"
    FILE = "file"
    PROGRAM = "program"
    """Registered by the program itself, as tests and embedding programs do."""


@attrs.frozen
class FoundPlugin:
    """A plugin before any of its hooks is called."""

    name: str
    plugin: object
    """The module or object with the hook implementations; ``None`` if it could not be imported."""
    origin: Origin
    where: str
    """The file as the user wrote it, or the module's name."""
    explicit: bool = False
    """Whether the user asked for it by name, so that its failure must not pass unnoticed."""
    installed: InstalledPlugin | None = None

    def __str__(self) -> str:
        return f"plugin {self.name!r} ({self.distribution or self.where})"

    @property
    def distribution(self) -> str:
        """Name of the installed distribution it belongs to, or empty."""
        return self.installed.distribution if self.installed is not None else ""

    @property
    def version(self) -> str:
        """The distribution's or module's version; of a bare file a digest of its content, else empty.

        Decisions carry the versions of the plugins whose rules they were made by, so a file needs one too.
        """
        if self.installed is not None:
            return self.installed.version
        declared = getattr(self.plugin, "__version__", None)
        if isinstance(declared, str):
            return declared
        file = getattr(self.plugin, "__file__", None)
        if not isinstance(file, str) or not Path(file).is_file():
            return ""
        import hashlib  # loads OpenSSL, for bare files only

        return "sha256:" + hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12]
