"""The options of every command, which may stand before or after its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from sre_copilot_hookspecs.errors import CopilotError

HELP = """\
Of every command, before or after its name:

* -p NAME: also load a plugin: an installed one, a module, or a file like ./payments.py. -p no:NAME leaves
  one out.
* --config FILE: read this settings file instead of ./sre-copilot.toml.
* --debug: show the traceback of an unexpected error.
"""


@attrs.frozen
class GlobalOptions:
    """What the user said about plugins and settings, whatever the command."""

    plugins: tuple[str, ...] = ()
    """The values of ``-p``, in order."""
    config: Path | None = None
    debug: bool = False

    def arguments(self) -> list[str]:
        """The same options again, for a process of ours that has to agree with this one."""
        asked = [argument for plugin in self.plugins for argument in ("-p", plugin)]
        config = ["--config", str(self.config)] if self.config is not None else []
        return [*asked, *config, *(["--debug"] if self.debug else [])]


def split(arguments: Sequence[str]) -> tuple[GlobalOptions, list[str]]:
    """The global options, and everything else in its order. Nothing behind ``--`` is looked at.

    :raises CopilotError: if an option lacks its value.
    """
    plugins: list[str] = []
    config: Path | None = None
    debug = False
    rest: list[str] = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--":
            rest += [argument, *left]
            break
        if argument == "--debug":
            debug = True
        elif argument == "-p":
            plugins.append(_value(left, "-p needs a plugin: a name, a path to a .py file, or no:NAME"))
        elif argument.startswith("-p") and not argument.startswith("--"):
            plugins.append(argument.removeprefix("-p").removeprefix("="))
        elif argument == "--config":
            config = Path(_value(left, "--config needs the path of a settings file"))
        elif argument.startswith("--config="):
            config = Path(argument.removeprefix("--config="))
        else:
            rest.append(argument)
    return GlobalOptions(tuple(plugins), config, debug), rest


def _value(left: list[str], complaint: str) -> str:
    if not left or left[0].startswith("-"):
        raise CopilotError(complaint)
    return left.pop(0)
