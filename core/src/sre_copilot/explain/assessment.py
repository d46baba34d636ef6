"""An assessment: a decision explained once more with everything around it, and kept."""

from __future__ import annotations

import enum
import uuid

import attrs
from whenever import Instant

from sre_copilot.explain.status import ActionRow, ExplanationRow, IssueRow

_ASSESSMENTS = uuid.UUID("7b4b2f0e-3f0e-4f0d-9d5a-6d1f1f6f2c55")
"""An arbitrary namespace of our own for the ids below."""


class Trigger(enum.Enum):
    """What an assessment was started by."""

    STATE_CHANGE = "state_change"
    LOG_PATTERN = "log_pattern"
    SCHEDULE = "schedule"


@attrs.frozen
class PassageRow:
    """A part of a runbook that was found for it."""

    source: str
    """The document it is from, as :meth:`sre_copilot_hookspecs.Library.document` takes it."""
    heading: str
    text: str
    score: float
    anchor: str = ""
    """Where in the document it begins, as the part of a link after ``#``."""
    retriever: str = ""
    """Key of who found it, and who has the document where it is a library."""


@attrs.frozen
class FactorRow:
    """What contributed, in the words of a model, with the evidence it cites."""

    text: str
    evidence: tuple[str, ...] = ()


@attrs.frozen
class ModelCall:
    """One question to a model, and what came of it."""

    role: str
    """Who was asked: ``dispatcher``, ``researcher``, or the key of an explainer."""
    model: str
    shown: str
    """Everything the model was given."""
    answered: str
    """What it answered, or the failure in one sentence."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    """Estimate in US dollars, where prices are known."""
    seconds: float = 0.0


@attrs.frozen
class Assessment:
    """One assessment of one decision. It has no state of its own: the decision's is repeated."""

    id: str
    cluster: str
    at: Instant
    decision: str
    """The decision's id."""
    trigger: str
    """A value of :class:`Trigger`."""
    state: str
    cause: str
    explanation: ExplanationRow
    actions: tuple[ActionRow, ...] = ()
    issues: tuple[IssueRow, ...] = ()
    passages: tuple[PassageRow, ...] = ()
    factors: tuple[FactorRow, ...] = ()
    """In order of weight; empty where no model was heard."""
    withheld: int = 0
    """Actions that a model proposed and a worker rule forbids."""
    calls: tuple[ModelCall, ...] = ()
    subject: str = ""
    """What the trigger was about, such as the id of a log pattern."""


def assessment_id(cluster: str, decision: str, trigger: Trigger, subject: str = "") -> uuid.UUID:
    """The id of the assessment of a decision for a reason: whoever asks for it twice gets one."""
    return uuid.uuid5(_ASSESSMENTS, f"{cluster}\n{decision}\n{trigger.value}\n{subject}")
