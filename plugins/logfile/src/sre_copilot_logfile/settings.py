"""The settings of reading log files, one section for each cluster."""

from __future__ import annotations

import attrs

_MEBIBYTE = 1024 * 1024


@attrs.frozen
class LogfileSettings:
    """Which files hold the log of a cluster."""

    paths: tuple[str, ...] = ()
    "Files, folders or patterns such as /var/log/temporal/*.log; their rotated and gzipped forms are found too."
    service: str = ""
    "Who writes lines that do not say it themselves, such as history."
    max_bytes: int = 64 * _MEBIBYTE
    "Bytes that one reading may take; the rest is read by the next."
