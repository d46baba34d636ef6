"""What direct scraping tells the doctor about its endpoints."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from sre_copilot_exposition.checks import ExpositionChecks
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_hookspecs import CheckOutcome, CheckResult, Cluster
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.exposition_targets import cluster_of, fake_target, recorded

CHECKS = ExpositionChecks(SIGNALS, DIALECTS)


@attrs.frozen
class Watching:
    """Settings with one cluster, as far as checks look at them."""

    clusters: tuple[Cluster, ...]


def checked(body: bytes | str | None, role: str = "server", **settings: object) -> dict[str, CheckResult]:
    """The results of one endpoint that says this, or of one that nobody answers at."""

    async def ask() -> list[CheckResult]:
        async with fake_target() as target:
            url = target.url if body is not None else "http://127.0.0.1:1/metrics"
            target.serve(body or "")
            section = ExpositionSettings(**{role: (url,), **settings})  # type: ignore[arg-type]
            found = await CHECKS.run(Watching((cluster_of(section),)))  # type: ignore[arg-type]
            return [attrs.evolve(one, name=one.name.replace(str(target.port), "PORT")) for one in found]

    return {result.name.removeprefix(f"prod: {role} 127.0.0.1:"): result for result in asyncio.run(ask())}


@pytest.mark.parametrize(
    ("recording", "role", "dialect"),
    [
        ("steady.server.t60", "server", "server-native"),
        ("steady.worker.t60", "worker", "sdk-milliseconds"),
        ("sdk_dialect_seconds_suffixes.worker", "worker", "sdk-seconds-suffixed"),
    ],
)
def test_an_endpoint_as_it_should_be(recording: str, role: str, dialect: str) -> None:
    found = checked(recorded(recording), role)
    assert {result.outcome for result in found.values()} == {CheckOutcome.OK}, found
    assert f"It speaks {dialect}" in found["PORT"].says
    assert "samples" in found["PORT"].says


def test_nobody_answers() -> None:
    (result,) = checked(None).values()
    assert result.outcome is CheckOutcome.FAILED
    assert "Check clusters.prod.exposition.server." in result.says


def test_something_else_answers() -> None:
    (result,) = checked("cows 3\nhens 12\n").values()
    assert result.outcome is CheckOutcome.FAILED
    assert "none of what a server exports" in result.says


def test_summaries_instead_of_histograms() -> None:
    text = recorded("steady.server.t60").decode()
    lines = [line for line in text.splitlines(keepends=True) if "persistence_latency_bucket" not in line]
    found = checked("".join(lines))["PORT: buckets"]
    assert found.outcome is CheckOutcome.WARNING
    assert "persistence_latency" in found.says


def test_a_label_that_was_dropped_on_the_way() -> None:
    text = recorded("steady.server.t60").decode().replace('taskqueue="', 'queue="')
    found = checked(text)["PORT: labels"]
    assert found.outcome is CheckOutcome.WARNING
    assert "taskqueue" in found.says


def test_a_limit_that_comes_near() -> None:
    found = checked(recorded("steady.server.t60"), max_samples=5_000)["PORT: size"]
    assert found.outcome is CheckOutcome.WARNING
    assert "raise clusters.prod.exposition.max_samples" in found.says


def test_settings_that_can_never_work() -> None:
    (result,) = checked("", max_samples=0).values()
    assert result.outcome is CheckOutcome.FAILED
    assert "must be positive" in result.says


def test_a_cluster_without_endpoints_is_not_spoken_of() -> None:
    watching = Watching((cluster_of(ExpositionSettings()),))
    assert asyncio.run(CHECKS.run(watching)) == []  # type: ignore[arg-type]
