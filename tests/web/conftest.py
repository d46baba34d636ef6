"""One browser for all tests of a module: its start takes longer than most of them.

Not for all of a process, because it runs an event loop in which other tests could start none.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.web.browser import running_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with running_browser() as running:
        yield running
