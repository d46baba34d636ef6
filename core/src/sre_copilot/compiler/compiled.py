"""What the compiler answers: a configuration, or everything that stands in its way."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.resolved import Configuration


class ConfigurationRefused(CopilotError):
    """A configuration cannot be: one line for each problem."""


@attrs.frozen
class Problem:
    """One thing that is wrong with a request."""

    says: str
    """One sentence: the thing, and what would be accepted."""
    keys: tuple[str, ...] = ()
    """The parameters it is about."""
    rail: str = ""
    """The guard rail that says so, or empty."""


@attrs.frozen
class Compiled:
    """The outcome of one compilation."""

    configuration: Configuration | None
    """Every value with its source; ``None`` where the request itself could not be read."""
    problems: tuple[Problem, ...] = ()
    """All of them, in the order of the request, then of the guard rails."""

    def accepted(self) -> Configuration:
        """The configuration, if nothing stands in its way.

        :raises ConfigurationRefused: with every problem.
        """
        if self.problems or self.configuration is None:
            raise ConfigurationRefused("\n".join(problem.says for problem in self.problems))
        return self.configuration
