"""The signal source that asks Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from httpx2 import AsyncClient
from whenever import Instant

from sre_copilot_hookspecs import (
    Cluster,
    Dialect,
    Expr,
    Missing,
    MissingReason,
    Reading,
    ReadRequest,
    RequestSigner,
    SourceUnavailable,
    Spelling,
)
from sre_copilot_prometheus.client import PrometheusClient
from sre_copilot_prometheus.cluster_watch import ClusterWatch, check
from sre_copilot_prometheus.failures import QueryFailed
from sre_copilot_prometheus.ranges import Range, Row, rows_of
from sre_copilot_prometheus.settings import PrometheusSettings


class PrometheusSource:
    """Reads metric expressions from a Prometheus server, all of a cycle in one query.

    Values are computed, and their ages counted, by the server's clock at the time of the query. A sample is as
    old as the newest scrape of the processes it speaks of.
    """

    key = "prometheus"
    reads_expressions = True

    def __init__(self, dialects: Sequence[Dialect] = (), signers: Sequence[RequestSigner] = ()) -> None:
        self._dialects = tuple(dialects)
        self._signers = {signer.key: signer for signer in signers}
        self._watches: dict[str, ClusterWatch] = {}
        self._http: AsyncClient | None = None

    async def open(self, cluster: Cluster) -> None:
        """Check the settings of a cluster; nothing is asked yet.

        :raises SourceUnavailable: if the URL, a selector, a dialect or the signer can never work.
        """
        settings = cluster.section(PrometheusSettings)
        if not settings.url:
            return
        check(settings, cluster.name, self._dialects)
        self._http = self._http or _client()
        client = PrometheusClient(self._http, settings, self._signer(settings, cluster.name))
        self._watches[cluster.name] = ClusterWatch(cluster, client, self._dialects)

    def _signer(self, settings: PrometheusSettings, cluster: str) -> RequestSigner | None:
        if settings.signer is None:
            return None
        if settings.signer not in self._signers:
            offered = ", ".join(sorted(self._signers)) or "none"
            raise SourceUnavailable(
                f"clusters.{cluster}.prometheus.signer is {settings.signer!r}, but the request signers are: {offered}."
            )
        return self._signers[settings.signer]

    def watch(self, cluster: str) -> ClusterWatch:
        """What asks about a cluster.

        :raises SourceUnavailable: if the cluster is not open, or has no server.
        """
        if cluster not in self._watches:
            raise SourceUnavailable(f"No Prometheus is configured; set clusters.{cluster}.prometheus.url.")
        return self._watches[cluster]

    def detected(self, cluster: str) -> dict[str, str]:
        """The dialect of the server and of the workers of a cluster, as far as is known."""
        watch = self._watches.get(cluster)
        return watch.detected() if watch else {}

    async def read(self, request: ReadRequest) -> Reading:
        """Answer every signal, by a sample or by a reason."""
        watch = self._watches.get(request.cluster)
        if watch is None:
            detail = f"No Prometheus is configured; set clusters.{request.cluster}.prometheus.url."
            return _unreachable(request, detail)
        try:
            samples = await watch.read(request.signals, request.deadline)
        except Exception as error:  # noqa: BLE001  a source answers with a reason whatever happens
            detail = f"Reading through Prometheus failed: {type(error).__name__}: {error}."
            return _unreachable(request, detail)
        return Reading(request.at, request.cluster, samples)

    async def spellings(self, cluster: str, measure: Expr) -> tuple[Spelling, ...]:
        """How the processes of a cluster spell the metrics of an expression, with its query in PromQL."""
        watch = self._watches.get(cluster)
        return await watch.spellings(measure) if watch else ()

    async def query_range(
        self, cluster: str, expression: Expr, start: Instant, end: Instant, step: float
    ) -> tuple[Row, ...]:
        """The values of an expression at every ``step`` seconds between two instants, oldest first.

        :raises SourceUnavailable: if the cluster is not open, or the server does not answer, with the reason.
        """
        watch = self.watch(cluster)
        try:
            return rows_of(await watch.query_range(expression, Range(start, end, step)), expression.labels)
        except QueryFailed as failure:
            raise SourceUnavailable(str(failure)) from failure

    async def close(self) -> None:
        """Close all connections and forget everything."""
        http, self._http = self._http, None
        self._watches.clear()
        if http is not None:
            await http.aclose()


def _client() -> AsyncClient:
    # A server is asked at the address of the settings or not at all: no proxy is taken from the environment,
    # and no redirect followed, which would leave the form of the query behind. Requests have their own deadline.
    return AsyncClient(timeout=None, trust_env=False, follow_redirects=False)


def _unreachable(request: ReadRequest, detail: str) -> Reading:
    why = Missing(MissingReason.UNREACHABLE, detail)
    return Reading(request.at, request.cluster, {signal.key: why for signal in request.signals})
