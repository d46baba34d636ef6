"""Installed plugins: the entry points of the group ``sre_copilot``, and whose they are.

The files are read directly. ``importlib.metadata`` says the same, but importing it alone takes as long as all
that ``sre-copilot settings`` does with them. Plugins in zip archives are not found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import attrs

from sre_copilot_hookspecs.markers import PROJECT


@attrs.frozen
class InstalledPlugin:
    """One entry point."""

    name: str
    module: str
    """``package.module``, or ``package.module:attribute``."""
    metadata: Path
    """The folder with the distribution's metadata."""

    def load(self) -> object:
        """Import the plugin. Raises whatever it raises."""
        module, _, attributes = self.module.partition(":")
        found: object = import_module(module)
        for attribute in filter(None, attributes.split(".")):
            found = getattr(found, attribute)
        return found

    @property
    def distribution(self) -> str:
        """Name of the distribution."""
        return self._header("Name")

    @property
    def version(self) -> str:
        """Version of the distribution."""
        return self._header("Version")

    def _header(self, wanted: str) -> str:
        for name in ("METADATA", "PKG-INFO"):
            file = self.metadata / name
            if not file.is_file():
                continue
            for line in file.read_text(encoding="utf-8").splitlines():
                header, _, value = line.partition(": ")
                if header == wanted:
                    return value.strip()
                if not line:
                    break
        return ""


def installed_plugins() -> dict[str, InstalledPlugin]:
    """Every installed plugin by its name, sorted. Of two of one name the first on Python's path counts."""
    found: dict[str, InstalledPlugin] = {}
    seen: set[str] = set()
    for folder in _metadata_folders():
        distribution = folder.name.partition("-")[0].lower()
        if distribution in seen:
            continue
        seen.add(distribution)
        for name, module in _entries(folder / "entry_points.txt"):
            found.setdefault(name, InstalledPlugin(name, module, folder))
    return dict(sorted(found.items()))


def installed_version(distribution: str) -> str:
    """Version of an installed distribution, or empty where it is not installed."""
    name = distribution.replace("-", "_").lower()
    for folder in _metadata_folders():
        if folder.name.partition("-")[0].lower() == name:
            return InstalledPlugin("", "", folder).version
    return ""


def _metadata_folders() -> Iterator[Path]:
    for entry in sys.path:
        folder = entry or "."
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError:
            # Python's path may name folders that do not exist, and archives, which hold no plugins of ours.
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield Path(folder, name)


def _entries(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{PROJECT}]"
        elif inside and "=" in line and not line.startswith("#"):
            name, _, module = line.partition("=")
            # What stands behind in brackets are extras, which are long out of use.
            yield name.strip(), module.partition("[")[0].strip()
