"""What the API measures of itself."""

from __future__ import annotations

from collections.abc import Awaitable
from time import perf_counter
from typing import TypeVar

from prometheus_client import CollectorRegistry, Gauge, Histogram

T = TypeVar("T")

ANSWER_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds: an answer is meant to come within half of one."""

NOWHERE = "none"
"""The route of a request that no route is for."""


class Instruments:
    """Histograms of one API, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Histogram(
            "sre_copilot_api_request_seconds",
            "Time to an answer of the API.",
            ("route", "status"),
            registry=self.registry,
            buckets=ANSWER_BUCKETS,
        )
        self.store_seconds = Histogram(
            "sre_copilot_store_request_seconds",
            "Time to an answer of the store, or to its failure.",
            registry=self.registry,
            buckets=ANSWER_BUCKETS,
        )
        self.streams = Gauge("sre_copilot_api_event_streams", "Clients that follow events now.", registry=self.registry)
        # Routes and statuses are few, and finding a child by its labels costs more than measuring.
        self._children: dict[tuple[str | None, str], Histogram] = {}

    async def timed(self, asking: Awaitable[T]) -> T:
        """What the store answers, with the time that it took put down."""
        began = perf_counter()
        try:
            return await asking
        finally:
            self.store_seconds.observe(perf_counter() - began)

    def answered(self, route: str | None, status: str, seconds: float) -> None:
        """Put down one answer.

        :param route: the template of its path; ``None`` for a path that does not exist.
        :param status: the status line.
        """
        child = self._children.get((route, status))
        if child is None:
            child = self._children[route, status] = self._answers.labels(route or NOWHERE, status[:3])
        child.observe(seconds)
