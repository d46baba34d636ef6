"""What can be set about Amazon Web Services."""

from __future__ import annotations

import attrs


@attrs.frozen
class AwsSettings:
    """The table ``[aws]``."""

    region: str = ""
    "Region that requests are signed for; empty to take the one that the AWS configuration names."
    profile: str | None = None
    "Profile of the shared AWS configuration to take credentials from, instead of the usual chain."
