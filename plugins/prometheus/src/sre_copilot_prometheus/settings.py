"""The settings of reading through Prometheus, one section for each cluster."""

from __future__ import annotations

import attrs

_MEBIBYTE = 1024 * 1024


@attrs.frozen
class PrometheusSettings:
    """Which Prometheus server knows a cluster, and how the cluster's series are told from others."""

    url: str = ""
    "Base URL of Prometheus, Mimir, Thanos, VictoriaMetrics or a workspace; /api/v1/query follows it."
    server: str = 'job="temporal"'
    "Label conditions that select the series of the Temporal server, as between the braces of a query."
    worker: str = 'job="workers"'
    "Label conditions that select the series of the SDK workers; empty where none are scraped."
    target: tuple[str, ...] = ("job", "instance")
    "Labels that tell one scraped process from another, on its series and on up alike."
    dialect: tuple[str, ...] = ()
    "Keys of the dialects that server and workers speak; empty to find out from the names they offer."
    tenant: str | None = None
    "Sent as X-Scope-OrgID, where several tenants share one server."
    username: str | None = None
    "Name for basic authentication."
    password: str | None = attrs.field(default=None, repr=False, metadata={"secret": True})
    "Password for basic authentication."
    bearer: str | None = attrs.field(default=None, repr=False, metadata={"secret": True})
    "Token for bearer authentication."
    signer: str | None = None
    "Key of the request signer to use, such as sigv4."
    timeout: float = 5.0
    "Seconds that one request may take."
    max_body: int = 16 * _MEBIBYTE
    "Bytes that one answer may have, unpacked."
    max_query: int = 0
    "Bytes that one query may have; 0 to find out from what the server refuses."
