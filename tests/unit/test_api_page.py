"""The files of the status page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sre_copilot.api import page
from sre_copilot.api.freshness import MISSED_CYCLES
from sre_copilot.api.packing import understands_gzip

FOLDER = Path(page.__file__).parent
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".html", ".css", ".js"))
MOST_BYTES = 100_000


def test_every_file_is_served_and_every_module_that_is_imported_is_a_file():
    assert sorted(["page.html", *(name for name, _, _ in page.ASSETS)]) == FILES
    for name in FILES:
        for imported in re.findall(r'from "\./([^"]+)"', page.sent(name).decode()):
            assert imported in FILES
    loaded = re.findall(r'(?:src|href)="/page/([^"]+)"', page.sent("page.html").decode())
    assert sorted(["page.html", *loaded]) == FILES, "nothing waits for another file to ask for it"


def test_the_page_is_small_even_uncompressed():
    assert sum(len(page.sent(name)) for name in FILES) < MOST_BYTES


def test_the_page_asks_nobody_else_and_writes_nothing_as_html():
    for name in FILES:
        text = page.sent(name).decode()
        strangers = set(re.findall(r"https?://[^\s\"'`)]+", text)) - {"http://www.w3.org/2000/svg"}
        assert strangers == set(), name
        for risky in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert risky not in text, f"{name}: {risky}"


def test_nothing_stands_in_the_page_that_its_policy_forbids():
    text = page.sent("page.html").decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_the_page_gives_up_at_the_age_at_which_the_api_does():
    assert f'data-missed-cycles="{MISSED_CYCLES}"' in page.sent("page.html").decode()


@pytest.mark.parametrize(
    ("accepted", "understood"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP, deflate, br", True),
        ("gzip; q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*", True),
        ("*;q=0", False),
        ("br, deflate", False),
        ("x-gzip-like", False),
        (";;,=,", False),
    ],
)
def test_only_those_who_understand_it_get_it_compressed(accepted: str, understood: bool):
    assert understands_gzip(accepted) is understood
