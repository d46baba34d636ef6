"""What this distribution adds to the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter, Renderer


@hookimpl
def copilot_explain_renderers() -> Sequence[Renderer]:
    """Text for terminals, Markdown for tickets, JSON for programs, HTML for browsers."""
    from sre_copilot_renderers.html_page import HtmlPage
    from sre_copilot_renderers.json_document import JsonDocument
    from sre_copilot_renderers.markdown import Markdown
    from sre_copilot_renderers.plain_text import PlainText

    return [PlainText(), Markdown(), JsonDocument(), HtmlPage()]


@hookimpl
def copilot_adapters() -> Sequence[Adapter]:
    """The reasons of a compiled deployment, as a file beside the others."""
    from sre_copilot_renderers.why import WhyAdapter

    return [WhyAdapter()]
