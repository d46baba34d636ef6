"""Which templates are new, and what to remember of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from whenever import Instant

from sre_copilot.narrative.memory import LONGEST_REMEMBERED, MOST_REMEMBERED, MinerMemory, RememberedTemplate
from sre_copilot.narrative.miner import Mined

GROWTH = 10
"""A template that is this many times its own past is reported like a new one."""

LEAST_GROWN = 10
"""Lines in a window below which nothing counts as grown: from one line to ten is chance."""

NEW_FOR_SECONDS = 300.0
"""How long a template stays new: ten windows, so that nobody has to look in the one half minute."""

WEIGHT = 0.1
"""Weight of the newest window in the mean: the past is about the last ten windows."""


@attrs.frozen
class Novelty:
    """The new among the templates of a window."""

    new: tuple[Mined, ...]
    memory: MinerMemory


def judge(memory: MinerMemory, mined: Sequence[Mined], until: Instant) -> Novelty:
    """Compare the templates of a window with the past.

    :param mined: all of the window, each with at least one line.
    :param until: end of the window.
    """
    past = {template.key: template for template in memory.templates}
    seen = [_remembered(past.get(template.key), template, until) for template in mined]
    here = {template.key for template in mined}
    absent = [
        attrs.evolve(template, mean=round(template.mean * (1 - WEIGHT), 4))
        for template in memory.templates
        if template.key not in here
    ]
    new_until = {template.key: template.new_until for template in seen}
    kept = sorted([*seen, *absent], key=lambda t: (-t.last_at.timestamp(), -t.mean, t.key))[:MOST_REMEMBERED]
    return Novelty(
        tuple(template for template in mined if new_until[template.key] is not None),
        MinerMemory(tuple(sorted(kept, key=lambda template: template.key))),
    )


def _remembered(past: RememberedTemplate | None, mined: Mined, until: Instant) -> RememberedTemplate:
    count = mined.tally.count
    new_until: Instant | None = until.add(seconds=NEW_FOR_SECONDS)
    mean = float(count)
    if past is not None:
        if count < LEAST_GROWN or count < GROWTH * past.mean:
            new_until = past.new_until if past.new_until is not None and past.new_until > until else None
        mean = past.mean + WEIGHT * (count - past.mean)
    tokens = len(mined.template.split(" "))
    return RememberedTemplate(mined.key, _first_words(mined.template), tokens, round(mean, 4), until, new_until)


def _first_words(template: str) -> str:
    if len(template) <= LONGEST_REMEMBERED:
        return template
    return template[: LONGEST_REMEMBERED + 1].rpartition(" ")[0]
