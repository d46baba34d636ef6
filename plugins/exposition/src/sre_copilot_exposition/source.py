"""The signal source that scrapes."""

from __future__ import annotations

from collections.abc import Sequence

from httpx2 import AsyncClient, Limits

from sre_copilot_exposition.clock import Clock, steady_clock
from sre_copilot_exposition.cluster_watch import ClusterWatch, Means
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.targets import Resolve, resolve_host
from sre_copilot_hookspecs import Cluster, Dialect, Expr, Missing, MissingReason, Reading, ReadRequest, Spelling


class ExpositionSource:
    """Scrapes Prometheus exposition endpoints and evaluates metric expressions over the last scrapes.

    Expressions mean what they would mean on a Prometheus server that scrapes the same targets whenever the
    copilot does, with the labels ``role`` (``server`` or ``worker``) and ``instance`` on each. Nothing is
    stored: after a restart rates are ``warming_up`` until the second scrape.

    A reading bears the instant that was asked for. Values are computed, and their ages counted, at the
    instant of the scrape that the reading caused.
    """

    key = "exposition"
    reads_expressions = True

    def __init__(
        self,
        dialects: Sequence[Dialect] = (),
        *,
        clock: Clock | None = None,
        resolve: Resolve = resolve_host,
        edition: Edition = Edition.THIRD,
    ) -> None:
        self._means = Means(tuple(dialects), clock or steady_clock(), resolve, edition)
        self._watches: dict[str, ClusterWatch] = {}
        self._client: AsyncClient | None = None

    async def open(self, cluster: Cluster) -> None:
        """Check the settings of a cluster; nothing is scraped yet.

        :raises SourceUnavailable: if a URL or a limit can never work.
        """
        self._watches[cluster.name] = ClusterWatch(cluster, self._means)
        self._client = self._client or http_client()

    def detected(self, cluster: str) -> dict[str, str]:
        """The dialect of every target of a cluster, by its instance; empty before the first reading."""
        watch = self._watches.get(cluster)
        return watch.detected() if watch else {}

    async def spellings(self, cluster: str, measure: Expr) -> tuple[Spelling, ...]:
        """How the targets of a cluster spell the metrics of an expression; empty before the first reading."""
        watch = self._watches.get(cluster)
        return watch.spellings(measure) if watch else ()

    async def read(self, request: ReadRequest) -> Reading:
        """Scrape every target and answer every signal, by a sample or by a reason."""
        watch, client = self._watches.get(request.cluster), self._client
        if watch is None or client is None:
            return _unreachable(request, f"Direct scraping of cluster {request.cluster} is not open.")
        try:
            samples = await watch.read(client, request.signals, request.deadline)
        except TimeoutError:
            detail = f"The metrics endpoints could not be read and evaluated within {request.deadline:g} s."
            return _unreachable(request, detail)
        except Exception as error:  # noqa: BLE001  a source answers with a reason whatever happens
            return _unreachable(request, f"Direct scraping failed: {type(error).__name__}: {error}.")
        return Reading(request.at, request.cluster, samples)

    async def close(self) -> None:
        """Close all connections and forget every scrape."""
        client, self._client = self._client, None
        self._watches.clear()
        if client is not None:
            await client.aclose()


def http_client() -> AsyncClient:
    """A client as scraping needs it."""
    # As in Prometheus no proxy is taken from the environment. Every target has its own deadline instead of
    # the client's, and none waits for another's connection.
    limits = Limits(max_connections=None, max_keepalive_connections=None)
    return AsyncClient(timeout=None, limits=limits, trust_env=False, follow_redirects=True)


def _unreachable(request: ReadRequest, detail: str) -> Reading:
    why = Missing(MissingReason.UNREACHABLE, detail)
    return Reading(request.at, request.cluster, {signal.key: why for signal in request.signals})
