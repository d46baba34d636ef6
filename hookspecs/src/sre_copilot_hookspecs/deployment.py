"""What runs and what should run, as a platform reports it."""

from __future__ import annotations

from typing import Protocol

import attrs
from whenever import Instant

from sre_copilot_hookspecs.clusters import Cluster


@attrs.frozen
class Replicas:
    """One service of a deployment."""

    service: str
    running: int
    desired: int
    pending: int = 0
    cpu_share: float | None = None
    """Used share of the CPU it may use, 0 to 1."""
    memory_share: float | None = None


@attrs.frozen
class Autoscaler:
    """The limits and the present wish of an autoscaler."""

    service: str
    minimum: int
    maximum: int
    desired: int
    scaling: bool
    """Whether it is adding or removing replicas right now."""


@attrs.frozen
class DeploymentContext:
    """A deployment at one instant; what could not be found out is absent, not zero."""

    at: Instant
    replicas: tuple[Replicas, ...] = ()
    autoscalers: tuple[Autoscaler, ...] = ()
    problem: str = ""


class Inspector(Protocol):
    """Asks a platform what runs."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def inspect(self, cluster: Cluster) -> DeploymentContext:
        """What runs for this cluster. Failures are told in ``problem``, not raised."""
