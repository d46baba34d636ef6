"""What goes into and comes out of the workflows that assess, and how long each of their parts may take."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.assess.grounding import NO_WORDS, Vocabulary
from sre_copilot.explain.assessment import FactorRow, ModelCall, PassageRow, Trigger, assessment_id
from sre_copilot.explain.status import IssueRow
from sre_copilot_hookspecs import Explanation, StateChange

WHOLE = 30.0
"""Seconds an assessment takes at most, whatever hangs; the parts below leave room for the server between them."""
GATHERING = 7.0
"""Seconds to read the decision and what surrounds it."""
RETRIEVAL = 3.0
"""Seconds of them in which runbooks are searched."""
EXPLAINING = 12.0
"""Seconds for all models together."""
STORING = 6.0
"""Seconds to keep the assessment, with every attempt. The store itself gives up after three."""
TELLING = 10.0
"""Seconds of one attempt to tell one notifier."""
TELLING_IN_ALL = 3600.0
"""Seconds after which a notifier that does not take a state change is given up."""


WORDING_WORKFLOW = "WordAssessmentWorkflow"
"""By name: only processes where a model is configured can import it."""


@attrs.frozen
class AssessOrder:
    """Assess this decision."""

    cluster: str
    trigger: Trigger
    decision: str = ""
    """The decision's id; empty for the newest."""
    subject: str = ""
    """What it is about besides: the id of a log pattern."""
    occasion: str = ""
    """Tells apart assessments of the newest decision, such as the instant at which a log pattern was seen."""
    change: StateChange | None = None
    """Told to every notifier once it is explained, or cannot be."""

    @property
    def id(self) -> str:
        """The assessment's id: equal orders make one assessment."""
        return str(assessment_id(self.cluster, self.decision or self.occasion, self.trigger, self.subject))


@attrs.frozen
class Asking:
    """How models are asked for one assessment: what the settings say, and what of the budget is left."""

    fast: str
    """Id of the model that chooses how much is to be said."""
    strong: str
    """Id of the model that writes."""
    fast_seconds: float
    seconds: float
    """For all calls together."""
    output_tokens: int
    prompt_characters: int
    calls: int
    """How many are left."""
    budget: int
    """How many there are in an hour."""
    temperature: float | None = None


@attrs.frozen
class Material:
    """Everything an assessment is made of, besides the words of a model."""

    decision: str
    state: str
    mode: str
    cause: str
    explanation: Explanation
    """The rules' own, with how it came about."""
    evidence: tuple[str, ...]
    """Ids of everything that may be cited."""
    issues: tuple[IssueRow, ...] = ()
    passages: tuple[PassageRow, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read, each as a sentence."""
    vocabulary: Vocabulary = NO_WORDS
    """What a model's texts are held against besides the explanation."""
    asking: Asking | None = None
    """Where agents can be asked."""
    no_model: str = ""
    """Why a configured model cannot be asked, as one sentence."""

    @property
    def is_worth_a_model(self) -> bool:
        """Happy and idle clusters need no other words."""
        return self.state in ("stressed", "critical") and self.mode != "idle"


@attrs.frozen
class Gathered:
    """What was found for an order. A value of its own: the payload converter knows classes, not alternatives."""

    material: Material | None = None
    """``None`` where there is no such decision, or it was never explained."""


@attrs.frozen
class Answer:
    """The explanation to keep, and what models had to do with it."""

    explanation: Explanation
    factors: tuple[FactorRow, ...] = ()
    calls: tuple[ModelCall, ...] = ()
    withheld: int = 0
    """Actions that a model proposed and a worker rule forbids."""


@attrs.frozen
class AssessOutcome:
    """What became of an order."""

    id: str
    explained_by: str = ""
    """Empty where there was nothing to explain."""
    stored: bool = False
    says: str = ""
    """What went wrong, as one sentence; empty where nothing did."""


@attrs.frozen
class ScheduledOrder:
    """Assess this cluster now, unless that was done lately."""

    cluster: str
    window: float
    """Seconds: a younger assessment makes this one superfluous."""


@attrs.frozen
class DueOrder:
    """Whether an assessment is due."""

    cluster: str
    window: float
    now: Instant


@attrs.frozen
class NotifyOrder:
    """Tell every notifier of this."""

    change: StateChange


@attrs.frozen
class TellOrder:
    """Tell one notifier of this."""

    notifier: str
    change: StateChange
