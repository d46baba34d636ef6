"""Explanations as rows of a document, and back."""

from __future__ import annotations

from sre_copilot.explain.status import ActionRow, ExplanationRow, ParagraphRow
from sre_copilot_hookspecs import ActionKind, Advice, Explanation, Paragraph, Risk


def explanation_row(explanation: Explanation) -> ExplanationRow:
    """The words of an explanation; its actions are rows of their own."""
    paragraphs = tuple(
        ParagraphRow(paragraph.key, paragraph.title, paragraph.text, paragraph.evidence)
        for paragraph in explanation.paragraphs
    )
    return ExplanationRow(
        explanation.title, paragraphs, explanation.confidence, explanation.explained_by, explanation.note
    )


def action_rows(explanation: Explanation) -> tuple[ActionRow, ...]:
    """What to do, in the explanation's order."""
    return tuple(
        ActionRow(
            action.kind.value,
            action.target,
            action.says,
            action.risk.value,
            dict(action.parameters),
            action.confidence,
            action.evidence,
        )
        for action in explanation.actions
    )


def explanation_of(row: ExplanationRow, actions: tuple[ActionRow, ...]) -> Explanation:
    """The explanation that was taken apart into these rows."""
    return Explanation(
        row.title,
        tuple(
            Paragraph(paragraph.key, paragraph.title, paragraph.text, paragraph.evidence)
            for paragraph in row.paragraphs
        ),
        tuple(_advice(action) for action in actions),
        row.confidence,
        row.explained_by,
        row.note,
    )


def _advice(row: ActionRow) -> Advice:
    return Advice(
        ActionKind(row.kind),
        row.target,
        row.says,
        Risk(row.risk),
        tuple(sorted(row.parameters.items())),
        confidence=1.0 if row.confidence is None else row.confidence,
        evidence=row.evidence,
    )
