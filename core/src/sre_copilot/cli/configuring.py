"""What the commands about configuration share: the registry, their subjects, and how they print."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from sre_copilot.cli.context import load_manager
from sre_copilot.compiler.compiled import ConfigurationRefused, Problem
from sre_copilot.compiler.compiling import compile_request
from sre_copilot.compiler.profile import Profile, read_profile
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.request import Request
from sre_copilot.plugins.manager import Manager
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.nearest import did_you_mean, nearest
from sre_copilot_hookspecs.resolved import Configuration

TEXT = "text"
"""What explanations are rendered as where nobody says otherwise."""


def load_registry() -> tuple[Manager, Registry]:
    """The plugins, and everything they declare about configuration.

    :raises CopilotError: if a plugin that was asked for, or a declaration, is wrong.
    """
    manager = load_manager()
    return manager, manager.configuration()


def show(manager: Manager, explanation: Explanation, medium: str = TEXT) -> None:
    """Print an explanation.

    :raises CopilotError: if no plugin renders this medium.
    """
    renderers = {entry.value.key: entry.value for entry in manager.collect("copilot_explain_renderers")}
    if medium not in renderers:
        raise CopilotError(f"--format: there is no format {medium!r}{did_you_mean(medium, renderers)}")
    sys.stdout.write(renderers[medium].render(explanation))


def refuse(problems: Iterable[Problem]) -> None:
    """Refuse everything that is wrong at once, each problem once.

    :raises ConfigurationRefused: if anything is.
    """
    lines = dict.fromkeys(problem.says for problem in problems)
    if lines:
        raise ConfigurationRefused("\n".join(lines))


def preset_configuration(registry: Registry, preset: str, modifier: str | None) -> Configuration:
    """A preset, compiled as it is.

    :raises ConfigurationRefused: if there is no such preset or modifier.
    """
    return compile_request(registry, Request(preset, modifier)).accepted()


def looks_like_file(text: str) -> bool:
    """Whether somebody who says this means a file."""
    return text.endswith(".json") or "/" in text or Path(text).is_file()


def load_profile(registry: Registry, path: str) -> Profile:
    """The profile in a file.

    :raises CopilotError: if it cannot be read, or is no config profile.
    """
    return read_profile(registry, read_text(path), path)


def read_text(path: str) -> str:
    """The text of a file.

    :raises CopilotError: if it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CopilotError(f"{path} is not a text in UTF-8") from None
    except OSError as error:
        raise CopilotError(f"{path} cannot be read: {error.strerror or error}") from None


def sound_profile(registry: Registry, path: str) -> Configuration:
    """The configuration in a file, if every value of it fits its parameter.

    :raises CopilotError: with everything that does not.
    """
    profile = load_profile(registry, path)
    refuse(profile.problems)
    return profile.configuration


def configuration_named(registry: Registry, subject: str) -> Configuration:
    """A preset, or the profile in a file.

    :raises CopilotError: if it is neither.
    """
    if subject in registry.presets:
        return preset_configuration(registry, subject, None)
    if looks_like_file(subject):
        return sound_profile(registry, subject)
    raise CopilotError(f"there is no preset and no file {subject!r}{did_you_mean(subject, registry.presets)}")


def nothing_named(subject: str, known: Iterable[str]) -> CopilotError:
    """The refusal of a subject that is neither a parameter nor a preset nor a file."""
    near = nearest(subject, known)
    hint = f"did you mean {near!r}?" if near else "sre-copilot parameters and sre-copilot presets list what there is"
    return CopilotError(f"there is no parameter, preset or profile {subject!r}; {hint}")
