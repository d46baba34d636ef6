"""``WHY.md``: why a compiled deployment is what it is, beside the files it is about."""

from __future__ import annotations

from collections.abc import Sequence

from sre_copilot_hookspecs.configuration import Artifact
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration
from sre_copilot_renderers.markdown import Markdown

PATH = "WHY.md"


class WhyAdapter:
    """Writes the explanation of the whole composition, in the words of ``sre-copilot explain profile.json``."""

    key = "why"
    kind = "document"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """One file."""
        return [Artifact(PATH, Markdown().render(explanation).encode())]
