"""The status page at ``/``: the files beside this one, sent as they are. They show what the API says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sre_copilot.api.desk import Desk
from sre_copilot.api.parameters import Asked
from sre_copilot.api.rendering import Body
from sre_copilot.api.routes import Answerer, Route
from sre_copilot.health.memory import MISSED_CYCLES

HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"

ASSETS = (
    ("page.css", CSS, "How the status page looks."),
    ("page.js", SCRIPT, "Keeps the status page up to date."),
    ("client.js", SCRIPT, "Asks the API for the status page."),
    ("sections.js", SCRIPT, "The parts of the status page."),
    ("charts.js", SCRIPT, "What the status page draws."),
    ("elements.js", SCRIPT, "How the status page writes what it was told."),
)
"""What the page loads: name, content type, meaning. All of it is open, because it tells nothing about clusters."""


def page_routes() -> tuple[Route, ...]:
    """The page, which asks for the token where reading needs one, and what it loads."""
    page = Route("/", "The state of a cluster for people, live.", _sending("page.html"), str, media=HTML)
    return page, *(
        Route(f"/page/{name}", says, _sending(name), str, media=media, is_open=True) for name, media, says in ASSETS
    )


@cache
def sent(name: str) -> bytes:
    """A file of the page as it is sent."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    # A page that lost its connection has to give up at the same age as the API does.
    return text.replace("{{missed_cycles}}", str(MISSED_CYCLES)).encode()


def _sending(name: str) -> Answerer:
    async def answer(_desk: Desk, _asked: Asked) -> Body:
        return Body(sent(name))

    return answer
