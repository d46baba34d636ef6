"""Which log patterns are worth an assessment now: each once, however long it goes on."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot.narrative.summary import PatternCount
from sre_copilot.workflows.log_messages import Episode

PATIENCE = 10
"""Windows without such lines that end an episode: five minutes at the standard cycle, longer than the pause
between two attempts of anything that Temporal retries."""

MOST = 32
"""Episodes that are remembered; with more of them one assessment more or less does not matter."""


def follow(
    episodes: Sequence[Episode], patterns: Sequence[PatternCount]
) -> tuple[tuple[Episode, ...], tuple[PatternCount, ...]]:
    """The episodes after a window, and the patterns that began one."""
    alarming = {(pattern.key, pattern.service): pattern for pattern in patterns if pattern.alarming}
    kept = []
    for episode in episodes:
        if alarming.pop((episode.pattern, episode.service), None) is not None:
            kept.append(attrs.evolve(episode, quiet_windows=0))
        elif episode.quiet_windows + 1 < PATIENCE:
            kept.append(attrs.evolve(episode, quiet_windows=episode.quiet_windows + 1))
    begun = tuple(alarming.values())
    kept += [Episode(pattern.key, pattern.service) for pattern in begun]
    return tuple(kept[-MOST:]), begun
