"""Who reads signals, and how requests to the outside are signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import attrs
from whenever import Instant

from sre_copilot_hookspecs.clusters import Cluster
from sre_copilot_hookspecs.expressions import Expr
from sre_copilot_hookspecs.readings import Reading
from sre_copilot_hookspecs.signals import Signal


@attrs.frozen
class ReadRequest:
    """The signals of one cycle, asked all at once."""

    at: Instant
    cluster: str
    """Name of a cluster that was opened."""
    signals: tuple[Signal, ...]
    """Their windows already fit the cluster's cycle; evaluate them as they are."""
    deadline: float
    """Seconds after which an answer is too late. What is not known by then is missing as ``unreachable``."""


class SignalSource(Protocol):
    """Something that answers questions about a cluster.

    A source never raises for what it could not read: it answers with a missing value and the reason.
    """

    @property
    def key(self) -> str:
        """Short name, as in ``clusters.NAME.sources`` and in a signal's ``probe``."""

    @property
    def reads_expressions(self) -> bool:
        """Whether it evaluates metric expressions, or knows only the signals that name it as their probe."""

    async def open(self, cluster: Cluster) -> None:
        """Get ready to be asked about ``cluster``; called once for each, before the first read.

        :raises SourceUnavailable: if the settings can never work. An unreachable cluster is no such case.
        """

    async def read(self, request: ReadRequest) -> Reading:
        """Answer every signal of the request, with a sample or with a reason."""

    async def close(self) -> None:
        """Let go of connections. Harmless when called twice."""


@attrs.frozen
class Spelling:
    """How one target spells what an expression is measured by, and how much of it is there."""

    target: str
    dialect: str
    names: tuple[tuple[str, int], ...]
    """Names on the wire, each with the number of series of that name in the newest scrape that meet the conditions."""
    trouble: str = ""
    """Why the target says nothing now."""
    query: str = ""
    """What the expression is asked as, where the source asks in a language of its own, such as PromQL."""


@runtime_checkable
class SpellsMetrics(Protocol):
    """What a source may offer besides: telling how its targets spell metrics, for people who look for one."""

    async def spellings(self, cluster: str, measure: Expr) -> tuple[Spelling, ...]:
        """One for each target, or group of targets, that was read; empty before the first reading."""


@attrs.frozen
class OutgoingRequest:
    """An HTTP request that is about to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class RequestSigner(Protocol):
    """Adds authentication to requests of sources."""

    @property
    def key(self) -> str:
        """As a source's settings name it: ``sigv4``."""

    def sign(self, request: OutgoingRequest) -> Mapping[str, str]:
        """The headers to add or replace. Called for every request, in a thread."""
