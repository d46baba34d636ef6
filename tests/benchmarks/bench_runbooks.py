"""How long a search in the runbooks takes."""

from __future__ import annotations

import random
import statistics
import sys
import time

from sre_copilot_runbooks.library import Passaged
from sre_copilot_runbooks.passages import Section
from sre_copilot_runbooks.search_index import SearchIndex

PASSAGES = 500
SEARCHES = 200
ALLOWED = 0.005
"""Seconds for one search."""


def test_a_search_in_five_hundred_passages() -> None:
    chance = random.Random(7)
    words = [
        f"{root}{ending}" for root in ("worker", "queue", "shard", "poll", "lock", "retry") for ending in "abcdefgh"
    ]
    passages = [
        Passaged(
            f"guides/{number}.md",
            Section(" ".join(chance.choices(words, k=4)), " ".join(chance.choices(words, k=200)), ()),
        )
        for number in range(PASSAGES)
    ]
    began = time.perf_counter()
    index = SearchIndex(passages)
    built = time.perf_counter() - began
    taken = []
    for _ in range(SEARCHES):
        question = " ".join(chance.choices(words, k=30))
        began = time.perf_counter()
        found = index.search(question, 5)
        taken.append(time.perf_counter() - began)
        assert len(found) == 5
    middle = statistics.median(taken)
    figures = f"built in {built * 1000:.1f} ms, searched in {middle * 1000:.2f} ms (median)"
    sys.stdout.write(f"\n{PASSAGES} passages: {figures}\n")
    assert middle <= ALLOWED
