"""``WHY.md``: why a compiled deployment is what it is, beside the files it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from sre_copilot_hookspecs.configuration import Artifact
from sre_copilot_hookspecs.emitting import environment_text
from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_hookspecs.resolved import Configuration, ValueSource
from sre_copilot_renderers.markdown import Markdown

PATH = "WHY.md"


class WhyAdapter:
    """Writes the explanation of the whole composition, in the words of ``sre-copilot explain profile.json``.

    What that leaves out, because nobody touched it, follows in a table: the file is there to hold every value.
    """

    key = "why"
    kind = "document"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:
        """One file."""
        paragraphs = (*explanation.paragraphs, *_untouched(configuration))
        return [Artifact(PATH, Markdown().render(attrs.evolve(explanation, paragraphs=paragraphs)).encode())]


def _untouched(configuration: Configuration) -> Iterator[Paragraph]:
    rows = tuple(
        (value.key, environment_text(value.value), value.parameter.rationale)
        for value in configuration.values.values()
        if value.source is ValueSource.DEFAULT
    )
    if rows:
        text = "Nobody said anything about these, and nothing they could follow from was declared."
        yield Paragraph(
            "defaults", "Values left at their default", text, table=Table(("parameter", "value", "why"), rows)
        )
