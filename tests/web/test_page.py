"""The status page in a real browser, on the real API with a real store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser

from tests.integration.decided import CRITICAL, HAPPY, NOON, STRESSED, at
from tests.integration.postgres import Postgres
from tests.web.browser import DESK, PHONE, WALL, watching
from tests.web.running import Copilot, running_copilot
from tests.web.stories import ATTACK, LONG, REASONS, day, hostile, plain, told

# One browser and one server each; beside each other they would only wait for the same two cores.
pytestmark = pytest.mark.xdist_group("page")

LINK = "kind => document.getElementById('link').dataset.link === kind"
COMPLETE = "() => document.querySelector('.strip') && document.querySelector('.spark')"


@pytest.fixture
def copilot(database: str) -> Iterator[Copilot]:
    """A copilot that has observed one happy cycle."""
    with running_copilot(database, [told(at(0), HAPPY)]) as running:
        yield running


def test_the_state_changes_without_a_reload_and_is_said_aloud(copilot: Copilot, browser: Browser) -> None:
    with watching(browser, copilot.url) as watched:
        watched.wait_for_state("happy")
        watched.wait_for(LINK, "live")
        watched.page.evaluate("window.sameDocument = true")
        assert watched.text("#announcement") == "", "nobody is interrupted by how things stand"
        copilot.record(told(at(1), CRITICAL, before=HAPPY))
        watched.wait_for_state("critical")
        assert watched.page.evaluate("window.sameDocument")
        assert watched.page.title() == "Critical · prod"
        assert watched.text("#state").split() == ["prod", "is", "Critical"]
        assert watched.text("#announcement") == f"prod is critical. {REASONS[CRITICAL]}"
        assert REASONS[CRITICAL] in watched.text("#hero")
        assert "for 0 s" in watched.text("#hero .since")
        copilot.record(told(at(2), STRESSED, before=CRITICAL))
        watched.wait_for_state("stressed")
        assert "2 of 3 consecutive cycles towards critical" in watched.text("#hero")
    assert watched.complaints == []


def test_every_part_says_what_the_api_says(database: str, browser: Browser) -> None:
    with running_copilot(database, day(last=CRITICAL)) as copilot, watching(browser, copilot.url) as watched:
        watched.wait_for_state("critical")
        watched.wait_for(COMPLETE)
        assert watched.text("#hero .since").startswith("since 11:35")
        assert "for 25 min" in watched.text("#hero")
        facts = watched.text("#hero .facts").split("\n")
        assert facts[:4] == ["Cause", "no workers", "Work waits on", "worker"]
        summary = watched.text("#summary")
        titles = watched.page.locator("#summary h3").all_inner_texts()
        assert titles == ["What holds", "Why", "What shows it", "What it is not", "What to watch"]
        assert "Explained by rules, 93 % sure." in summary
        gates = watched.page.locator("#gates > .body > ul .says").all_inner_texts()
        assert len(gates) == 3
        assert "Workers take only 0 %" in gates[0]
        folded = watched.page.locator("#gates summary").all_inner_texts()
        assert folded == ["1 unknown", "9 clear", "1 that raise no alarm"]
        assert "Start workers for the task queue." in watched.text("#issues")
        assert "No workers for orders critical" in watched.text("#issues")
        assert "Workers were told to stop." in watched.text("#logs")
        assert re.search(r"Workers\s+blocked\s+pressure high", watched.text("#services"))
        assert watched.page.locator("#signals .signal").count() == 11
        assert watched.page.locator("#signals .signal .line").count() >= 10
        assert "warming up" in watched.text("#signals .missing")
        states = watched.page.locator("#timeline .strip").first.locator(".bar, .blank")
        shown = [states.nth(n).get_attribute("data-state") for n in range(states.count())]
        trouble = ["stressed", "critical", "stressed", "happy", "critical"]
        assert shown[-8:] == ["happy", "unknown", "happy", *trouble]
        assert watched.page.locator("#timeline .changes .state").all_inner_texts()[0] == "critical"
        assert "0.42 s" in watched.text("#freshness")
        own = {copilot.url.rstrip("/")}
        assert {re.match(r"(data:|https?://[^/]+)", url)[1] for url in watched.requests} - {"data:"} == own
    assert watched.complaints == []


def test_without_an_explanation_the_reason_stands_and_empty_parts_say_so(database: str, browser: Browser) -> None:
    with running_copilot(database, [plain(NOON)]) as copilot, watching(browser, copilot.url) as watched:
        watched.wait_for_state("happy")
        watched.wait_for(LINK, "live")
        assert "Work is dispatched as fast as it arrives." in watched.text("#summary")
        assert "No gate was judged yet." in watched.text("#gates")
        assert "No signal was read yet." in watched.text("#signals")
        assert "there is nothing to do" in watched.text("#issues")
        assert watched.page.locator("#clusters").is_hidden()
        assert watched.barriers() == []
    assert watched.complaints == []


def test_before_anything_is_watched_nothing_looks_happy(database: str, browser: Browser) -> None:
    with running_copilot(database) as copilot, watching(browser, copilot.url) as watched:
        watched.wait_for_state("unknown")
        assert "No cluster is watched yet." in watched.text("#hero")
        assert "happy" not in watched.text("main").replace(watched.text(".legend"), "").lower()
        assert "nothing to do" not in watched.text("main")
        copilot.record(told(NOON, HAPPY))
        watched.wait_for_state("happy")
    assert watched.complaints == []


def test_what_is_too_old_is_unknown_with_the_last_known_state(copilot: Copilot, browser: Browser) -> None:
    copilot.record(told(at(1), CRITICAL, before=HAPPY))
    with watching(browser, copilot.url) as watched:
        watched.wait_for_state("critical")
        copilot.forward(91)
        watched.wait_for_state("unknown")
        assert "Last known: critical" in watched.text("#hero")
        assert "Not observed for 92 s" in watched.text("#hero") or "Not observed for 91 s" in watched.text("#hero")
        assert "No gate can be judged now." in watched.text("#gates")
        progress = set(watched.page.locator("#services .progress").all_inner_texts())
        assert progress == {"unknown"}
        assert watched.barriers() == []
        watched.photograph("unknown")
        copilot.record(told(at(5), HAPPY, before=CRITICAL))
        watched.wait_for_state("happy")
        assert watched.text("#link").startswith("Live, observed")
    assert watched.complaints == []


def test_a_silent_store_is_said_and_what_was_heard_stays(mortal_postgres: Postgres, browser: Browser) -> None:
    database = mortal_postgres.database()
    with (
        running_copilot(database, [told(at(0), STRESSED)], deadline=1.0) as copilot,
        watching(browser, copilot.url) as watched,
    ):
        watched.wait_for_state("stressed")
        mortal_postgres.stop()
        try:
            watched.wait_for(LINK, "degraded")
            assert "The store does not answer" in watched.text("#notices")
            assert watched.page.evaluate("document.documentElement.dataset.state") == "stressed"
            assert watched.text("#freshness").count("does not answer") == 1
        finally:
            mortal_postgres.start()
        watched.wait_for(LINK, "live")
        watched.wait_for("() => document.getElementById('notices').childElementCount === 0")


def test_a_lost_connection_is_seen_and_becomes_unknown_when_the_api_would_say_so(
    database: str, browser: Browser
) -> None:
    # A second's cycle, so that three of them are missed soon.
    with (
        running_copilot(database, [told(NOON, CRITICAL, cycle=1.0)]) as copilot,
        watching(browser, copilot.url) as watched,
    ):
        watched.wait_for_state("critical")
        watched.wait_for(LINK, "live")
        copilot.stop()
        watched.wait_for(LINK, "lost")
        assert re.search(r"Connection lost, last seen \d\d:\d\d:\d\d", watched.text("#link"))
        watched.wait_for_state("unknown")
        assert "Last known: critical" in watched.text("#hero")
        assert "No gate can be judged now." in watched.text("#gates")
        assert set(watched.page.locator("#services .progress").all_inner_texts()) == {"unknown"}
        watched.photograph("connection-lost")


def test_words_of_others_stay_words(database: str, browser: Browser) -> None:
    with running_copilot(database, [hostile(NOON)]) as copilot:
        for viewport in (DESK, PHONE):
            with watching(browser, copilot.url, viewport=viewport) as watched:
                watched.wait_for_state("critical")
                watched.wait_for(COMPLETE)
                shown = ATTACK.replace("\u202e", "")
                for part in ("hero", "summary", "issues", "gates", "services", "signals", "logs", "freshness"):
                    assert shown in watched.page.locator(f"#{part}").text_content(), part
                assert LONG in watched.page.locator("#gates").text_content()
                assert watched.page.evaluate("window.broken") is None
                assert watched.page.locator("main img, main script").count() == 0
                width = watched.page.evaluate("document.documentElement.scrollWidth")
                assert width <= viewport["width"], "nothing is so long that the page has to be moved sideways"
                assert watched.barriers() == []
            assert watched.complaints == []


def test_the_whole_page_is_reached_with_the_keyboard(database: str, browser: Browser) -> None:
    decided = [told(NOON, CRITICAL), told(NOON, HAPPY, cluster="eu <west>")]
    with running_copilot(database, decided) as copilot:
        with watching(browser, f"{copilot.url}?cluster=prod", color_scheme="light") as watched:
            watched.wait_for_state("critical")
            watched.wait_for(LINK, "live")
            press, focused = watched.page.keyboard.press, "document.activeElement"
            press("Tab")
            assert watched.page.evaluate(f"{focused}.className") == "skip"
            press("Enter")
            assert watched.page.evaluate(f"{focused}.id") == "main"
            watched.page.locator(".skip").focus()
            seen = []
            while True:
                press("Tab")
                if watched.page.evaluate(f"{focused} === document.body"):
                    break  # the end of the page
                assert len(seen) < 50
                seen.append(watched.page.evaluate(f"{focused}.innerText || {focused}.nodeName"))
                outline = f"getComputedStyle({focused}).outlineStyle"
                assert watched.page.evaluate(outline) != "none", f"nobody sees that {seen[-1]} has the focus"
            said = " | ".join(seen)
            for word in ("eu <west>", "prod", "Dark", "1 unknown", "9 clear", "amplify", "the API"):
                assert word in said
            # What is unfolded and focused stays so when something new arrives.
            clear = watched.page.locator("#gates details[data-key=clear]")
            clear.locator("summary").focus()
            press("Enter")
            copilot.record(told(at(1), STRESSED, before=CRITICAL))
            watched.wait_for_state("stressed")
            assert clear.get_attribute("open") is not None
            assert watched.page.evaluate(f"{focused}.innerText") == "9 clear"
            # The other cluster is one step away.
            link = watched.page.get_by_role("link", name="eu <west> happy")
            link.focus()
            press("Enter")
            watched.wait_for("() => document.title === 'Happy · eu <west>'")
        assert watched.complaints == []


def test_colours_follow_the_system_until_somebody_chooses(copilot: Copilot, browser: Browser) -> None:
    ground = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    with watching(browser, copilot.url, color_scheme="dark") as watched:
        watched.wait_for_state("happy")
        dark = watched.page.evaluate(ground)
        watched.page.get_by_role("button", name="Use light colours").press("Enter")
        light = watched.page.evaluate(ground)
        assert (dark, light) == ("rgb(20, 25, 34)", "rgb(255, 255, 255)")
        watched.page.reload()
        watched.wait_for_state("happy")
        assert watched.page.evaluate(ground) == light
    assert watched.complaints == []


@pytest.mark.parametrize(
    ("name", "viewport", "colours"),
    [("light", WALL, "light"), ("dark", WALL, "dark"), ("phone", PHONE, "light"), ("phone-dark", PHONE, "dark")],
)
def test_nobody_is_kept_out_and_pictures_are_kept(
    name: str, viewport: dict[str, int], colours: str, database: str, browser: Browser
) -> None:
    with (
        running_copilot(database, day(last=CRITICAL)) as copilot,
        watching(browser, copilot.url, viewport=viewport, color_scheme=colours) as watched,
    ):
        watched.wait_for_state("critical")
        watched.wait_for(COMPLETE)
        watched.photograph(name)
        assert watched.barriers() == []
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        levels = watched.page.locator("h1, h2, h3").evaluate_all("all => all.map(one => Number(one.nodeName[1]))")
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for role in ("banner", "main", "contentinfo"):
            assert watched.page.get_by_role(role).count() == 1
    assert watched.complaints == []
