"""A real browser on the real page: Debian's Chromium, driven by Playwright, without a word to the world outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests import javascript_packages

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Tests may run as root, without a screen, and where nothing but this machine can be reached."""

WALL = ViewportSize(width=1920, height=1080)
DESK = ViewportSize(width=1366, height=900)
PHONE = ViewportSize(width=390, height=844)

SERIOUS = ("serious", "critical")
PATIENCE = 10_000
"""Milliseconds for anything to happen on a busy machine."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser with a profile of its own; the test is skipped where there is none, and fails in CI."""
    program = shutil.which("chromium")
    if program is None:
        sentence = "Chromium is not installed; on Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@attrs.define
class Watched:
    """A page that is open, and everything it complained about."""

    page: Page
    complaints: list[str] = attrs.field(factory=list)
    requests: list[str] = attrs.field(factory=list)

    def text(self, selector: str) -> str:
        """The words of a part of the page."""
        return self.page.locator(selector).inner_text()

    def wait_for(self, script: str, argument: Any = None, *, patience: float = PATIENCE) -> None:
        """Return when an expression becomes true in the page."""
        self.page.wait_for_function(script, arg=argument, timeout=patience)

    def wait_for_state(self, state: str, *, patience: float = PATIENCE) -> None:
        """Return when the page shows a state."""
        self.wait_for("state => document.documentElement.dataset.state === state", state, patience=patience)
        self.wait_for("() => document.documentElement.classList.contains('ready')")

    def photograph(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def barriers(self) -> list[str]:
        """What keeps people from using the page, as axe-core finds it."""
        axe = javascript_packages.folder() / "node_modules" / "axe-core" / "axe.min.js"
        # Evaluated by the debugger, because the page's policy lets no stranger's script in.
        self.page.evaluate(axe.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {[node['html'][:150] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
        ]


@contextmanager
def watching(browser: Browser, url: str, **options: Any) -> Iterator[Watched]:
    """The page at an address, in a browser context of its own.

    :param options: of the context, such as ``viewport`` and ``color_scheme``.
    """
    context = browser.new_context(**{"viewport": DESK, "timezone_id": "UTC", "locale": "en-GB", **options})
    try:
        watched = Watched(context.new_page())
        page = watched.page
        page.on("console", lambda line: _note(watched, line.type, line.text))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("request", lambda request: watched.requests.append(request.url))
        page.goto(url)
        yield watched
    finally:
        context.close()


def _note(watched: Watched, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        watched.complaints.append(text)
