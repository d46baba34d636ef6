"""Who is told of state changes."""

from __future__ import annotations

from pathlib import Path

import attrs

_SECRET = {"secret": True}


@attrs.frozen
class NotifySettings:
    """The table ``[notify]``."""

    stdout: bool = False
    "Print state changes on standard output, where a container's log finds them."
    webhook: str | None = attrs.field(default=None, repr=False, metadata=_SECRET)
    "URL that takes JSON in the shape of Alertmanager's webhooks, version 4."
    webhook_bearer: str | None = attrs.field(default=None, repr=False, metadata=_SECRET)
    "Token for bearer authentication at this URL."
    slack: str | None = attrs.field(default=None, repr=False, metadata=_SECRET)
    "URL of an incoming webhook of Slack, or of anything that takes the same."
    link: str = ""
    "Where the copilot's page is, to be linked to."
    timeout: float = attrs.field(default=5.0, validator=[attrs.validators.gt(0), attrs.validators.le(9)])
    "Seconds that one attempt may take."
    ca_certificate: Path | None = None
    "PEM file of the authority that signed the certificates of these servers, if it is not a public one."
