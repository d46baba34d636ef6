"""The settings of direct scraping, one section for each cluster."""

from __future__ import annotations

import attrs

_MEBIBYTE = 1024 * 1024


@attrs.frozen
class ExpositionSettings:
    """Which metrics endpoints of a cluster are read directly, and how much of them."""

    server: tuple[str, ...] = ()
    "Metrics endpoints of the Temporal server; dns+http://HOST:PORT/metrics reads every address of HOST."
    worker: tuple[str, ...] = ()
    "Metrics endpoints of the SDK workers, written in the same way."
    dialect: tuple[str, ...] = ()
    "Keys of the dialects that server and workers speak; empty to find out from the names they offer."
    bearer: str | None = attrs.field(default=None, repr=False, metadata={"secret": True})
    "Token for bearer authentication at the server's endpoints, such as an API key of Temporal Cloud."
    timeout: float = 3.0
    "Seconds that one endpoint may take to answer."
    max_body: int = 64 * _MEBIBYTE
    "Bytes that one answer may have, unpacked. Under load a Temporal server sends about 3 MB."
    max_samples: int = 200_000
    "Samples of the metrics asked for that one answer may have."
