"""Ten thousand decisions come to the same bytes on every Python: CI runs this on the oldest and on the newest."""

from __future__ import annotations

from tests.digest_run import expected, run
from tests.rules import ENGINE


def test_ten_thousand_cycles_come_to_the_expected_digest() -> None:
    wanted = expected()
    assert ENGINE.digest == wanted["rules"], (
        "The built-in rules have changed, and what they decide with them: run python -m tests.digest_run --write"
    )
    found, seen = run()
    assert seen >= {"happy", "stressed", "critical", "normal", "idle", "blind", "recovering", "no_workers", "starter"}
    assert found == wanted["decisions"]
