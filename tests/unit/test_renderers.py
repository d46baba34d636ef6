"""Renderers: one explanation in four media, with nothing lost, invented or left unescaped."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sre_copilot.plugins.manager import Manager
from sre_copilot_hookspecs import Action, ActionKind, Explanation, Paragraph, Renderer, Risk, Table

NASTY = '<script>alert("x & y")</script> a|b *not bold* _nor this_ `code` [link](http://x) 1 < 2 \\ $x$ ~~s~~'

FULL = Explanation(
    title=f"No workers: {NASTY}",
    paragraphs=(
        Paragraph(
            "cause", f"Cause {NASTY}", f"First line {NASTY}\n- no list\n# no heading\n7. no number", ("gate.one", "a_b")
        ),
        Paragraph(
            "values",
            "Values",
            "All of them.",
            table=Table(("key", "value", "why"), (("max_e2e_workflow_latency_ms", "a|b", NASTY), ("x", "", ""))),
        ),
    ),
    actions=(Action(ActionKind.SCALE, "workers", f"Start workers {NASTY}.", Risk.HIGH, (("count", "3"),)),),
    confidence=0.875,
    explained_by="model <b>m</b>",
)


def renderers() -> dict[str, Renderer]:
    return {declared.value.key: declared.value for declared in Manager.load().collect("copilot_explain_renderers")}


@pytest.fixture(name="render", scope="module")
def _render():
    found = renderers()
    return lambda key, explanation=FULL: found[key].render(explanation)


def test_every_medium_that_the_command_line_names_has_a_renderer():
    assert set(renderers()) == {"text", "markdown", "json", "html"}
    assert [found.media_type.partition(";")[0] for found in renderers().values()] == [
        "text/plain",
        "text/markdown",
        "application/json",
        "text/html",
    ]


@pytest.mark.parametrize("key", ["text", "markdown", "json", "html"])
def test_equal_explanations_give_equal_text_that_ends_with_one_line_break(render, key):
    assert render(key) == render(key)
    assert render(key).endswith("\n")
    assert not render(key).endswith("\n\n")


def test_json_holds_every_field(render):
    document = json.loads(render("json"))
    assert document["title"] == FULL.title
    assert document["paragraphs"][0] == {
        "key": "cause",
        "title": FULL.paragraphs[0].title,
        "text": FULL.paragraphs[0].text,
        "evidence": ["gate.one", "a_b"],
        "table": None,
    }
    assert document["paragraphs"][1]["table"]["rows"][0][2] == NASTY
    assert document["actions"] == [
        {
            "kind": "scale",
            "target": "workers",
            "says": FULL.actions[0].says,
            "risk": "high",
            "parameters": {"count": "3"},
        }
    ]
    assert (document["confidence"], document["explained_by"]) == (0.875, "model <b>m</b>")


class Page(HTMLParser):
    """The elements and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_html_is_well_formed_and_shows_markup_as_words(render):
    page = Page(render("html"))
    assert page.open == []
    assert "script" not in page.elements
    assert "b" not in page.elements
    for text in (FULL.title, *FULL.paragraphs[0].text.splitlines(), NASTY, "Confidence 88%.", "model <b>m</b>"):
        assert text in page.words
    assert page.elements.count("td") == 6
    assert page.elements.count("li") == 1


def words_of(markdown: str) -> str:
    """What a Markdown reader shows."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    return Page(html).words


def test_markdown_shows_markup_as_words(render):
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(render("markdown"))
    page = Page(html)
    assert not {"script", "a", "code", "s", "ul", "strong"} & set(page.elements)
    assert page.elements.count("em") == 2  # the two closing lines
    assert page.elements.count("td") == 6
    for text in (FULL.title, *FULL.paragraphs[0].text.splitlines(), NASTY, "max_e2e_workflow_latency_ms"):
        assert text in page.words


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), max_size=40))
def test_markdown_never_changes_words(text):
    flat = " ".join(text.split())
    rendered = renderer().render(Explanation("t", (Paragraph("k", "", text),)))
    shown = words_of(rendered).removeprefix("t\n")
    assert " ".join(shown.split()) == flat


def renderer() -> Renderer:
    from sre_copilot_renderers.markdown import Markdown

    return Markdown()


def test_text_keeps_its_width_and_breaks_no_word(render):
    text = render("text", Explanation("t", (Paragraph("k", "Title", "a-b-c " * 60 + "x" * 130),)))
    lines = text.splitlines()
    assert max(len(line) for line in lines if "x" not in line) <= 100
    assert "x" * 130 in text
    assert all(word in {"a-b-c", "x" * 130} for line in lines[3:] for word in line.split()[1:])


def test_text_shows_a_table_in_columns(render):
    lines = render("text").splitlines()
    header = next(line for line in lines if line.lstrip().startswith("key "))
    row = next(line for line in lines if "max_e2e_workflow_latency_ms" in line)
    assert header.index("value") == row.index("a|b")
    assert header.index("why") == row.index("<script>")


def test_certain_rules_close_without_a_word(render):
    text = render("text", Explanation("t", ()))
    assert text == "t\n=\n"
