"""A watched cluster, as plugins see it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import attrs

Section = TypeVar("Section")


@attrs.frozen
class TemporalConnection:
    """How to reach one Temporal frontend. The same for the watched cluster and the copilot's own."""

    address: str = "127.0.0.1:7233"
    "gRPC frontend, host:port."
    namespace: str = "default"
    "The namespace to connect to."
    tls: bool = False
    "Encrypt the connection; implied by any of the certificate settings and by an API key."
    server_name: str | None = None
    "Name the server's certificate must carry, where it differs from the address."
    ca_certificate: Path | None = None
    "PEM file of the authority that signed the server's certificate."
    client_certificate: Path | None = None
    "PEM file of our certificate, for mutual TLS."
    client_key: Path | None = attrs.field(default=None, metadata={"secret": False})
    "PEM file of the key that belongs to our certificate."
    api_key: str | None = attrs.field(default=None, repr=False, metadata={"secret": True})
    "API key, as Temporal Cloud issues them."


@attrs.frozen
class Cluster:
    """One watched cluster: where it is, what is read from it, how often."""

    name: str
    connection: TemporalConnection
    namespaces: tuple[str, ...] = ("default",)
    """Namespaces whose work counts as demand."""
    task_queues: tuple[str, ...] = ()
    """Task queues to ask the API about, besides those that are found."""
    cycle: float = 30.0
    """Seconds between two observations."""
    sources: tuple[str, ...] = ()
    """Keys of signal sources in order of preference; empty for every one that is configured."""
    sections: Mapping[type, object] = attrs.field(factory=dict)

    def section(self, kind: type[Section]) -> Section:
        """The settings a plugin declared for each cluster, such as ``ExpositionSettings``.

        :raises KeyError: if no plugin registered ``kind`` for clusters.
        """
        found = self.sections[kind]
        assert isinstance(found, kind)
        return found


@attrs.frozen
class SettingsSection:
    """A plugin's own part of the settings: a frozen attrs class with a default for every field.

    A field's type, default and the string below it become the reference and the errors. A field that holds
    a secret says so with ``attrs.field(metadata={"secret": True})`` and is masked wherever it is shown.
    """

    name: str
    """The table's name in ``sre-copilot.toml``."""
    kind: type
    per_cluster: bool = False
    """Whether the table lies under ``[clusters.NAME]`` instead of at the top."""


class Settings(Protocol):
    """The effective settings, as a hook receives them."""

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """Every watched cluster."""

    @property
    def data_folder(self) -> Path:
        """Where the copilot keeps what it must find again."""

    def section(self, kind: type[Section]) -> Section:
        """A plugin's own settings, checked and complete.

        :raises KeyError: if no plugin registered ``kind``.
        """
