"""The core's own tables. The string below a field is its help, in errors and in the reference."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from sre_copilot.settings.silence import spans_of_time

SHORTEST_TOKEN = 16
"""Characters: 96 bits in base 64, which nobody guesses at any rate."""


def between(low: float, high: float) -> Callable[[Any, Any, float | None], None]:
    """A validator: the value, where there is one, lies in this closed range."""

    def check(_instance: object, _attribute: object, value: float | None) -> None:
        if value is not None and not low <= value <= high:
            raise ValueError(f"must be between {low:g} and {high:g}")

    return check


def a_token(_instance: object, _attribute: object, value: str | None) -> None:
    """A validator: the value, where there is one, is hard to guess and fits into a header."""
    if value is not None and not (len(value) >= SHORTEST_TOKEN and value.isascii() and value.isprintable()):
        raise ValueError(f"must have at least {SHORTEST_TOKEN} printable ASCII characters")


def a_band(_instance: object, _attribute: object, value: str | None) -> None:
    """A validator: the value, where there is one, is a scale band."""
    if value is None:
        return
    from sre_copilot_hookspecs.health import Band  # loads every type of the contract

    names = [band.value for band in Band]
    if value not in names:
        raise ValueError(f"must be one of {', '.join(names)}")


@attrs.frozen
class CopilotSettings:
    """The table ``[copilot]``: the copilot itself."""

    data_folder: Path = Path(".sre-copilot")
    "Where the copilot keeps what it must find again; a relative path starts from the file it is written in."
    database_url: str | None = attrs.field(default=None, repr=False)
    "PostgreSQL to keep decisions in; the embedded one if unset."
    task_queue: str = "sre-copilot"
    "Task queue of the copilot's own workflows."
    cycle: float = attrs.field(default=30.0, validator=between(1, 3600))
    "Seconds between two observations of a cluster that does not say otherwise."
    retention_days: int = attrs.field(default=7, validator=between(1, 3650))
    "Days for which decisions are kept."
    assessment_every: float = attrs.field(default=300.0, validator=between(0, 86400))
    "Seconds between assessments of a cluster whose state does not change; 0 for none."
    assessment_window: float = attrs.field(default=240.0, validator=between(0, 86400))
    "Seconds for which an assessment makes a scheduled one superfluous."
    readings_days: int = attrs.field(default=30, validator=between(1, 3650))
    "Days for which readings are kept in columns, for back-tests."
    silences: tuple[str, ...] = attrs.field(default=(), validator=spans_of_time)
    "Spans in which nobody is told of state changes: 22:00/06:00 daily in UTC, or two instants; a cluster may precede."


class ReadAccess(enum.Enum):
    """Who may read what the API serves."""

    TOKEN = "token"  # noqa: S105 - a word of the settings
    PUBLIC = "public"


@attrs.frozen
class ApiSettings:
    """The table ``[api]``: where the JSON API listens, and to whom it answers."""

    host: str = "127.0.0.1"
    "Address to listen on."
    port: int = attrs.field(default=8080, validator=between(0, 65535))
    "Port to listen on; 0 takes a free one."
    token: str | None = attrs.field(default=None, repr=False, validator=a_token, metadata={"secret": True})
    "What whoever asks has to know; needed where other machines reach the address."
    read_access: ReadAccess = ReadAccess.TOKEN
    "Whether reading needs the token, or is public."
    cors_origins: tuple[str, ...] = ()
    "Web pages elsewhere that may read the API in a browser, such as https://wall.example."
    rate_limit: float = attrs.field(default=100.0, validator=between(0, 1_000_000))
    "Requests a second that one address may make, this machine's own excepted; 0 for any number."


@attrs.frozen
class NarrativeSettings:
    """The table ``[narrative]``: what is made of logs."""

    cycle: float = attrs.field(default=30.0, validator=between(1, 3600))
    "Seconds between two readings of a cluster's log."
    correlation: float = attrs.field(default=90.0, validator=between(0, 3600))
    "Seconds before a gate's firing in which a log pattern that rises is taken to belong to it."
    private: tuple[str, ...] = ()
    "Names that must not leave the log, such as those of customers; redacted wherever they stand."


@attrs.frozen
class ModelSettings:
    """The table ``[model]``: which models may put explanations into other words; none unless one is named."""

    fast: str = ""
    "Model that chooses how much is to be said, as PROVIDER:NAME; the strong one if empty."
    strong: str = ""
    "Model that writes the paragraphs, as PROVIDER:NAME; the fast one if empty."
    region: str = ""
    "Region in which the provider runs the models, where it has any."
    temperature: float | None = attrs.field(default=None, validator=between(0, 2))
    "How freely the models choose words, where they let one say; their own default if unset."
    fast_timeout: float = attrs.field(default=3.0, validator=between(0.1, 10))
    "Seconds that the fast model may take to choose."
    timeout: float = attrs.field(default=10.5, validator=between(0.2, 11))
    "Seconds that all models together may take for one assessment."
    calls_per_hour: int = attrs.field(default=60, validator=between(0, 100_000))
    "Calls of models that one cluster may cause in an hour."
    output_tokens: int = attrs.field(default=3000, validator=between(100, 100_000))
    "Tokens that one answer may have."
    prompt_characters: int = attrs.field(default=24_000, validator=between(2000, 200_000))
    "Characters that are shown to a model at most; passages of runbooks are left out beyond them."

    @property
    def is_configured(self) -> bool:
        """Whether any model is named."""
        return bool(self.fast or self.strong)


@attrs.frozen
class ClusterSettings:
    """The table ``[clusters.NAME]``: one watched cluster."""

    namespaces: tuple[str, ...] | None = None
    "Namespaces whose work counts as demand; the one of the connection if unset."
    task_queues: tuple[str, ...] = ()
    "Task queues to ask the API about, besides those that are found."
    cycle: float | None = attrs.field(default=None, validator=between(1, 3600))
    "Seconds between two observations; copilot.cycle if unset."
    sources: tuple[str, ...] = ()
    "Signal sources in order of preference; every one that is configured if empty."
    band: str | None = attrs.field(default=None, validator=a_band)
    "The scale band, where it is known; it follows the load if unset."
