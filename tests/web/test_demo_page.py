"""The page beside a real cluster that breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.demonstrations import PATIENCE, Demonstration, fetch
from tests.web.browser import WALL, watching

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

CYCLE = 5.0
"""Seconds; the demonstration's own."""


def test_a_fault_is_on_the_page_within_a_cycle_of_its_decision(tmp_path: Path, browser: Browser) -> None:
    milliseconds = PATIENCE * 1000
    with Demonstration(tmp_path, "--scenario", "no-workers", "--duration", "130") as demo:
        url = f"{demo.until('started')['api']}/"
        with watching(browser, url, viewport=WALL, color_scheme="dark") as watched:
            watched.page.evaluate("window.sameDocument = true")
            watched.wait_for_state("happy", patience=milliseconds)
            watched.photograph("demo-happy")
            demo.until("state_change", to="critical")
            # Whoever else asks the API heard of it just now.
            watched.wait_for_state("critical", patience=CYCLE * 1000)
            assert watched.page.evaluate("window.sameDocument")
            status = fetch(f"{url}status")
            assert watched.text("#hero .facts").split("\n")[:2] == ["Cause", status["cause"]]
            assert status["reason"].split(".")[0] in watched.text("#hero .reason")
            watched.wait_for("() => document.querySelectorAll('#signals .spark .line').length >= 10")
            watched.photograph("demo-critical")
            assert watched.barriers() == []
            # Workers are back: the way to happy leads over stressed.
            demo.until("state_change", to="stressed")
            watched.wait_for_state("stressed", patience=CYCLE * 1000)
            assert watched.complaints == []
        assert demo.finish() == 0
