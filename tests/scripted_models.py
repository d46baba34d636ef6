"""Models that say what a test wants, and a worker whose agents ask them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import attrs
from pydantic_ai.durable_exec.temporal import PydanticAIPlugin
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from temporalio.client import Client

from sre_copilot.assess.agents import make_agents
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assessment_activities import AssessmentActivities, Surroundings
from sre_copilot.workflows.assessment_messages import Asking
from sre_copilot.workflows.model_payloads import MODEL_DATA_CONVERTER
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot.workflows.word_assessment import WordAssessmentWorkflow, use_agents
from sre_copilot.workflows.worker import make_worker
from tests.assessment_fakes import AssessmentStore
from tests.workflow_fakes import FakeObserver, ruleset

ASKING = Asking(
    fast="scripted:fast",
    strong="scripted:strong",
    fast_seconds=3.0,
    seconds=8.0,
    output_tokens=2000,
    prompt_characters=24_000,
    calls=60,
    budget=60,
)

Answers = Callable[[str], Any]
"""From everything a model was shown to what it answers: a dictionary for the output type, or text for garbage."""


@attrs.define
class Script:
    """A model that notes what it was shown."""

    answers: Answers
    hangs: float = 0.0
    shown: list[str] = attrs.field(factory=list)

    def note(self) -> None:
        """Called with every question."""

    def model(self) -> FunctionModel:
        async def ask(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            shown = "\n".join(
                [
                    info.instructions or "",
                    *(str(getattr(part, "content", part)) for one in messages for part in one.parts),
                ]
            )
            self.shown.append(shown)
            self.note()
            await asyncio.sleep(self.hangs)
            answer = self.answers(shown)
            if isinstance(answer, str):
                return ModelResponse(parts=[TextPart(answer)])
            return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, json.dumps(answer))])

        return FunctionModel(ask)


def deep(shown: str) -> dict[str, Any]:
    """A dispatcher that leaves it to the researcher."""
    return {"depth": "deep"}


def agent_plugins() -> list[Any]:
    """What a client or replayer needs where agents run."""
    return [sdk_plugin(MODEL_DATA_CONVERTER), PydanticAIPlugin()]


@contextlib.asynccontextmanager
async def conversing(
    address: str,
    store: AssessmentStore,
    fast: Script,
    strong: Script,
    *,
    around: Surroundings | None = None,
    asking: Asking = ASKING,
) -> AsyncIterator[tuple[Client, str]]:
    """A worker whose agents ask these models; yields a client without agents, as the command line has, and a queue."""
    use_agents(make_agents(fast.model(), strong.model(), timeout=asking.seconds))
    own = await Client.connect(address, plugins=agent_plugins())
    queue = f"test-{uuid.uuid4().hex[:8]}"
    worker = make_worker(
        own,
        ClusterActivities(FakeObserver(ruleset()), store),
        cycles=[30.0],
        task_queue=queue,
        assessing=AssessmentActivities(store, attrs.evolve(around or Surroundings(), asking=asking)),
        more=(WordAssessmentWorkflow,),
    )
    async with worker:
        yield await Client.connect(address, plugins=[sdk_plugin()]), queue
