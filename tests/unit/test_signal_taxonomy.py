"""Every question that a cluster's health is judged by has its signals, and they are sound."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from sre_copilot.health.encoding import to_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.workflows.compression import pack
from sre_copilot_hookspecs import Category, LabelledValue, Reading, Sample, Signal
from sre_copilot_temporal.api.source import SIGNALS as PROBED
from sre_copilot_temporal.signals import SIGNALS
from tests.builtin_signals import situation
from tests.rules import ENGINE, START

TAXONOMY = Path(__file__).parents[1] / "data" / "taxonomy.tsv"
BY_KEY = {signal.key: signal for signal in SIGNALS}
MOST_SERIES = 50


def rows() -> list[dict[str, str]]:
    with TAXONOMY.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_every_question_has_its_signals(row: dict[str, str]) -> None:
    keys = row["signals"].split()
    assert keys
    assert not set(keys) - BY_KEY.keys()


def test_worker_questions_are_answered_by_workers() -> None:
    for row in rows():
        if row["id"].startswith("W"):
            first = BY_KEY[row["signals"].split()[0]]
            assert first.category is Category.WORKER, first.key


def test_what_a_probe_answers_is_declared_and_what_is_declared_is_answered() -> None:
    declared = {signal.key for signal in SIGNALS if signal.probe == "temporal_api"}
    assert declared == PROBED


def test_keys_are_unique_and_samples_stay_small() -> None:
    assert len(BY_KEY) == len(SIGNALS)
    assert all(signal.cap <= MOST_SERIES for signal in SIGNALS)
    assert all(signal.asks.endswith(("?", ".")) for signal in SIGNALS)


NEVER_SEEN = {
    "history.oldest_task_p99",
    "history.queue_lag_p95",
    "history.scheduled_lag_p95",
    "workers.local_activity_p95",
}
"""Told every five minutes, by newest servers, or by workers with local activities only."""


def test_a_busy_cluster_answers_every_signal() -> None:
    silent = {key for key, found in situation("steady").items() if not hasattr(found, "value")}
    assert silent == NEVER_SEEN


def test_a_cluster_with_many_queues_and_tenants_fits_into_a_cycle() -> None:
    """Every series at its cap, no two names or values alike: what a cycle adds to history stays under 16 kB."""
    numbers = random.Random(1)
    samples = {signal.key: crowded(signal, numbers) for signal in SIGNALS}
    observation = Observation(Reading(START, "prod", samples))
    memory = ENGINE.decide(Memory(), observation).memory
    assert sum(len(pack(to_json(part).encode())) for part in (observation, memory)) < 14 * 1024


def crowded(signal: Signal, numbers: random.Random) -> Sample:
    series = tuple(
        LabelledValue(
            tuple((label, f"{label}-{number}-of-a-team") for label in sorted(signal.dimensions)), numbers.random() * 100
        )
        for number in range(signal.cap if signal.dimensions else 0)
    )
    return Sample(numbers.random() * 100, 0.5, series, 3, note="within the bucket from 0.001 s to 0.002 s")
