"""The few exceptions that are meant for a person: each carries one sentence, and nothing else."""

from __future__ import annotations


class CopilotError(Exception):
    """Anything the copilot refuses or cannot do; its text is shown to the user as it is."""


class DeclarationError(CopilotError):
    """A plugin declared something that can never work: what, where, and what was expected."""


class SettingsError(CopilotError):
    """A setting is unknown, of the wrong type, or contradicts another one."""


class EnvironmentUnavailable(CopilotError):
    """An embedded server could not be started or did not become ready in time."""


class SourceUnavailable(CopilotError):
    """A source of signals or log lines cannot be opened with these settings."""
