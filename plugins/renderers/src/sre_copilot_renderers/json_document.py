"""Explanations as JSON, field by field."""

from __future__ import annotations

import json

from sre_copilot_hookspecs.explanations import Explanation, Paragraph
from sre_copilot_hookspecs.health import Action


class JsonDocument:
    """One JSON object, indented, its fields always in the same order."""

    key = "json"
    media_type = "application/json"

    def render(self, explanation: Explanation) -> str:
        """The whole text, ending with a line break."""
        document = {
            "title": explanation.title,
            "paragraphs": [_paragraph(paragraph) for paragraph in explanation.paragraphs],
            "actions": [_action(action) for action in explanation.actions],
            "confidence": explanation.confidence,
            "explained_by": explanation.explained_by,
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _paragraph(paragraph: Paragraph) -> dict[str, object]:
    table = paragraph.table
    return {
        "key": paragraph.key,
        "title": paragraph.title,
        "text": paragraph.text,
        "evidence": list(paragraph.evidence),
        "table": None if table is None else {"columns": list(table.columns), "rows": [list(row) for row in table.rows]},
    }


def _action(action: Action) -> dict[str, object]:
    return {
        "kind": action.kind.value,
        "target": action.target,
        "says": action.says,
        "risk": action.risk.value,
        "parameters": dict(action.parameters),
    }
