"""How heavy the status page is and how soon something is seen, in Debian's Chromium on this machine.

python -m pytest -q -n0 -s tests/benchmarks/bench_page.py
"""

from __future__ import annotations

import statistics
import sys
from typing import Any

from playwright.sync_api import Browser, Page

from tests.integration.decided import CRITICAL
from tests.web.browser import DESK, running_browser, watching
from tests.web.running import running_copilot
from tests.web.stories import day

MOST_BYTES = 100_000
SLOWEST_PAINT = 1000.0
"""Milliseconds."""
VISITS = 7

PAINTS = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const sizes = performance.getEntries().filter((one) => one.transferSize !== undefined)
    .map((one) => [new URL(one.name).pathname, one.transferSize]);
  return [paint, sizes];
}"""
COMPLETE = "() => document.querySelector('.strip') && document.querySelector('.spark')"


def report(line: str) -> None:
    """Show a figure."""
    sys.stdout.write(f"\n{line}")


def test_weight_and_first_paint(database: str) -> None:
    with running_copilot(database, day(last=CRITICAL)) as copilot, running_browser() as browser:
        visits = [_visit(browser, copilot.url) for _ in range(VISITS)]
    paints = [paint for paint, _, _ in visits]
    complete = [when for _, when, _ in visits]
    sizes = visits[0][2]
    page = sum(size for path, size in sizes if path == "/" or path.startswith("/page/"))
    data = sum(size for path, size in sizes) - page
    report(f"page: {page / 1000:.1f} kB transferred in {sum(path.startswith('/page/') for path, _ in sizes) + 1} files")
    report(f"data of the first view: {data / 1000:.1f} kB")
    report(f"first contentful paint: median {statistics.median(paints):.0f} ms, worst of {VISITS} {max(paints):.0f} ms")
    report(f"everything drawn: median {statistics.median(complete):.0f} ms, worst {max(complete):.0f} ms")
    assert page + data < MOST_BYTES
    assert statistics.median(paints) < SLOWEST_PAINT


def _visit(browser: Browser, url: str) -> tuple[float, float, list[Any]]:
    with watching(browser, url, viewport=DESK) as watched:
        watched.wait_for(COMPLETE)
        return _measured(watched.page)


def _measured(page: Page) -> tuple[float, float, list[Any]]:
    complete = page.evaluate("performance.now()")
    paint, sizes = page.evaluate(PAINTS)
    return paint, complete, sizes
