"""What the user asked for: ``-p NAME``, ``-p path/to/file.py``, ``-p no:NAME`` and ``plugins = […]``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from sre_copilot_hookspecs.errors import CopilotError


@attrs.frozen
class PluginRequest:
    """One plugin to load, or one to leave out."""

    text: str
    """As it was written, without ``no:``."""
    asked_by: str
    """``-p``, or the file or variable it stands in; for error messages."""
    block: bool = False
    path: Path | None = None
    """Where the text is a file: where it is."""

    @property
    def name(self) -> str:
        """The plugin's name: of a file its stem, else as it was written."""
        return self.path.stem if self.path is not None else self.text


def plugin_request(text: str, *, asked_by: str = "-p", folder: Path | None = None) -> PluginRequest:
    """Read one request.

    :param folder: what a relative path starts from; the current folder if not given.
    :raises CopilotError: if there is no name in it.
    """
    block = text.startswith("no:")
    wanted = text.removeprefix("no:").strip()
    if not wanted:
        raise CopilotError(f"{asked_by} {text!r} names no plugin; write a name, a path to a .py file, or no:NAME")
    is_file = wanted.endswith(".py") or "/" in wanted
    path = (folder or Path()) / Path(wanted).expanduser() if is_file else None
    return PluginRequest(wanted, asked_by, block, path)


def in_effect(requests: Iterable[PluginRequest]) -> tuple[PluginRequest, ...]:
    """The requests that count: of several for one name the last one, so that flags overrule files.

    :raises CopilotError: if two different files would get the same name.
    """
    found: dict[str, PluginRequest] = {}
    for request in requests:
        before = found.pop(request.name, None)
        if before is not None and _are_two_files(before, request):
            raise CopilotError(
                f"{before.text} and {request.text} would both be plugin {request.name!r}; rename one of them"
            )
        found[request.name] = request
    return tuple(found.values())


def _are_two_files(first: PluginRequest, second: PluginRequest) -> bool:
    if first.block or second.block or first.path is None or second.path is None:
        return False
    return first.path.resolve() != second.path.resolve()
