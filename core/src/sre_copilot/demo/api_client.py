"""What the demonstration asks the copilot's API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

_PATIENCE = 3.0
"""Seconds for an answer on loopback; longer means that nobody is there."""


def get(url: str) -> Any:
    """The JSON document at ``url``, or ``None`` when there is none right now."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - our own address
            return json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None
