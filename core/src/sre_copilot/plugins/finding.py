"""Importing plugins: installed ones, others by module name or from a file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType, TracebackType

import attrs

from sre_copilot.plugins.found import FoundPlugin, Origin
from sre_copilot.plugins.installed import InstalledPlugin
from sre_copilot.plugins.requests import PluginRequest
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.nearest import nearest

FAILURES = (Exception, SystemExit)
"""What foreign code may raise while it is imported or called; a module may well call ``sys.exit``."""


@attrs.frozen
class Unimportable:
    """An installed plugin that could not be imported."""

    found: FoundPlugin
    says: str


def import_installed(point: InstalledPlugin, *, explicit: bool) -> FoundPlugin | Unimportable:
    """Import an installed plugin."""
    found = FoundPlugin(point.name, None, Origin.ENTRY_POINT, point.module, explicit, point)
    try:
        plugin = point.load()
    except FAILURES as error:
        return Unimportable(found, f"{found} could not be imported: {what_happened(error)}")
    return attrs.evolve(found, plugin=plugin)


def import_module(request: PluginRequest, installed: Collection[str]) -> FoundPlugin:
    """Import a plugin that is no entry point, by the name of its module.

    :raises CopilotError: if there is no such module, or it cannot be imported.
    """
    try:
        module = importlib.import_module(request.text)
    except FAILURES as error:
        if isinstance(error, ModuleNotFoundError) and f"{request.text}.".startswith(f"{error.name}."):
            near = nearest(request.text, installed)
            hint = f"; did you mean {near!r}?" if near else "; a file is named by its path, like ./payments.py"
            raise CopilotError(f"{request.asked_by} {request.text}: there is no such plugin or module{hint}") from None
        raise CopilotError(
            f"plugin {request.text!r} ({request.asked_by}) could not be imported: {what_happened(error)}"
        ) from error
    return FoundPlugin(request.name, module, Origin.MODULE, request.text, explicit=True)


def import_file(request: PluginRequest) -> FoundPlugin:
    """Import a plugin from a file, under a module name of its own.

    :raises CopilotError: if there is no such file, or it cannot be imported; says file and line.
    """
    assert request.path is not None
    if not request.path.is_file():
        raise CopilotError(f"{request.asked_by} {request.text}: there is no such file")
    try:
        module = _module_of(request.path)
    except FAILURES as error:
        raise CopilotError(
            f"plugin {request.name!r} ({request.text}) could not be imported:"
            f" {what_happened(error, within=str(request.path.resolve()))}"
        ) from error
    return FoundPlugin(request.name, module, Origin.FILE, request.text, explicit=True)


def _module_of(path: Path) -> ModuleType:
    import hashlib  # loads OpenSSL, for bare files only

    resolved = path.resolve()
    # Two files may share a stem, and a stem may be that of an installed package: the path makes it unique.
    unique = hashlib.sha256(str(resolved).encode()).hexdigest()[:8]
    name = f"sre_copilot_plugin_file_{resolved.stem}_{unique}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise ImportError("it does not end in .py")
    module = importlib.util.module_from_spec(spec)
    # Classes of the module are looked up here while it runs.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def what_happened(error: BaseException, *, within: str | None = None) -> str:
    """An error as one line: kind, text, file and line.

    :param within: the file whose line is named rather than the innermost one.
    """
    text = " ".join(str(error).split()) or "no further word"
    if isinstance(error, CopilotError):
        return text
    if isinstance(error, SyntaxError):
        file = Path(error.filename).name if error.filename else "?"
        return f"{type(error).__name__}: {error.msg} ({file}, line {error.lineno})"
    place = _place(error, within)
    return f"{type(error).__name__}: {text}" + (f" ({place})" if place else "")


def _place(error: BaseException, within: str | None) -> str:
    frames = list(_foreign_frames(error.__traceback__))
    chosen = [frame for frame in frames if within is not None and frame[0] == within] or frames
    return f"{Path(chosen[-1][0]).name}, line {chosen[-1][1]}" if chosen else ""


def _foreign_frames(passed: TracebackType | None) -> Iterator[tuple[str, int]]:
    """File and line of what the error passed, without the machinery of imports and of this room."""
    own = str(Path(__file__).parent)
    while passed is not None:
        file = passed.tb_frame.f_code.co_filename
        machinery = file.startswith("<frozen") or "/importlib/" in file
        if not machinery and not file.startswith(own):
            yield file, passed.tb_lineno
        passed = passed.tb_next
