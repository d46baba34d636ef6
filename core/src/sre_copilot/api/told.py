"""The few paragraphs of a status that a person reads first, for terminals."""

from __future__ import annotations

from typing import Any

TOLD = ("stressed", "critical")
"""States that need words. Of the others the reason says everything."""
PARAGRAPHS = ("actors", "cause", "meaning", "watch")
"""What stands beside the headline and the reason, which tell where we are and what triggered."""


def told(status: dict[str, Any]) -> list[str]:
    """The explanation in a status document as lines; none where all is well or nothing is known.

    :param status: the answer of ``/status``.
    """
    explanation = status.get("explanation")
    if explanation is None or status["health_state"] not in TOLD:
        return []
    texts = {paragraph["key"]: paragraph for paragraph in explanation["paragraphs"]}
    return [f"{texts[key]['title']}: {texts[key]['text']}" for key in PARAGRAPHS if key in texts]
