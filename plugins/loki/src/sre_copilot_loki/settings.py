"""The settings of reading logs from Loki, one section for each cluster."""

from __future__ import annotations

from pathlib import Path

import attrs

_MEBIBYTE = 1024 * 1024


@attrs.frozen
class LokiSettings:
    """Which Loki server has the log of a cluster, and how the cluster's streams are told from others."""

    url: str = ""
    "Base URL of Loki; /loki/api/v1/query_range follows it."
    selector: str = '{job="temporal"}'
    "Stream selector of the Temporal server's log, with its braces. Levels are not selected: info lines count too."
    service_label: str = "service_name"
    "Label that says which Temporal service wrote a stream, where the lines do not say it themselves."
    tenant: str | None = None
    "Sent as X-Scope-OrgID, where several tenants share one server."
    username: str | None = None
    "Name for basic authentication."
    password: str | None = attrs.field(default=None, repr=False, metadata={"secret": True})
    "Password for basic authentication."
    bearer: str | None = attrs.field(default=None, repr=False, metadata={"secret": True})
    "Token for bearer authentication."
    ca_certificate: Path | None = None
    "PEM file of the authority that signed the server's certificate."
    client_certificate: Path | None = None
    "PEM file of our certificate, for mutual TLS."
    client_key: Path | None = attrs.field(default=None, metadata={"secret": False})
    "PEM file of the key that belongs to our certificate."
    delay: float = 5.0
    "Seconds a line may take from its writing until Loki has it; younger lines wait for the next reading."
    timeout: float = 5.0
    "Seconds that one request may take."
    limit: int = 1000
    "Lines that one request asks for; Loki refuses more than its max_entries_limit_per_query, 5000 unless it is set."
    pages: int = 5
    "Requests for lines in one reading. What is beyond them is counted by Loki and only sampled."
    max_body: int = 16 * _MEBIBYTE
    "Bytes that one answer may have, unpacked."
