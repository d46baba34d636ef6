"""What this distribution adds to the copilot."""

from __future__ import annotations
