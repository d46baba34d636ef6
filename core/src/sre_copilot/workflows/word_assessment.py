"""Asking models for words, so that a call goes on where a lost worker left it.

This module loads pydantic-ai, so it is imported only where a model is configured.
"""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import PydanticAIWorkflow
from pydantic_ai.run import AgentRunResult
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import UsageLimits
from temporalio import workflow
from temporalio.exceptions import CancelledError

from sre_copilot.assess.agents import Agents
from sre_copilot.assess.answers import Dispatch, Research, wording_and_withheld, wording_of
from sre_copilot.assess.grounding import Ungrounded
from sre_copilot.assess.prompts import DISPATCHER, RESEARCHER, prompt
from sre_copilot.assess.wording import Worded, worded
from sre_copilot.explain.assessment import ModelCall
from sre_copilot.narrative.redacting import kept, redacted
from sre_copilot.workflows.assessment_messages import WORDING_WORKFLOW, Answer, Asking, Material

ATTEMPTS = 2
"""An answer without ground is asked for once more."""

_agents: list[Agents] = []
"""Those of this process. A workflow is told nothing that cannot be written into its history."""


def use_agents(agents: Agents) -> None:
    """Let workflows of this process ask these agents."""
    _agents[:] = [agents]
    WordAssessmentWorkflow.__pydantic_ai_agents__ = [agents.dispatcher, agents.researcher]


@workflow.defn(name=WORDING_WORKFLOW)
class WordAssessmentWorkflow(PydanticAIWorkflow):
    """A fast model chooses how much is to be said, a strong one says it. What has no ground is not heard."""

    @workflow.run
    async def run(self, material: Material) -> Answer:
        """The words to serve: a model's, or the rules' own with the reason."""
        assert material.asking is not None
        conversation = _Conversation(_agents[0], material, material.asking)
        return conversation.answer(await conversation.hold())


class _Conversation:
    """The calls for one assessment."""

    def __init__(self, agents: Agents, material: Material, asking: Asking) -> None:
        self._agents = agents
        self._material = material
        self._asking = asking
        self._left = asking.calls
        self._end = workflow.time() + asking.seconds
        self._calls: list[ModelCall] = []
        self._pending: ModelCall | None = None
        self._withheld = 0
        self._note = ""

    async def hold(self) -> Worded | None:
        """The first grounded words, where there are any."""
        chosen = await self._dispatch()
        if isinstance(chosen, Worded):
            return chosen
        return await self._research() if chosen == "deep" else None

    def answer(self, found: Worded | None) -> Answer:
        """What the workflow returns."""
        own = attrs.evolve(self._material.explanation, explained_by="rules", note=self._note)
        explanation, factors = (own, ()) if found is None else (found.explanation, found.factors)
        return Answer(explanation, factors, tuple(self._calls), self._withheld)

    def fail(self, reason: str) -> None:
        """Note why a call came to nothing."""
        reason = " ".join(redacted(reason).split())[:400].rstrip(".")
        if self._pending is not None:
            self._calls.append(attrs.evolve(self._pending, answered=f"Not heard: {reason}."))
            self._pending = None
        self._note = f"No model was heard: {reason}."

    async def _dispatch(self) -> Worded | str:
        refusal = ""
        for _ in range(ATTEMPTS):
            answer = await self._ask(self._agents.dispatcher, "dispatcher", refusal, self._asking.fast_seconds)
            if not isinstance(answer, Dispatch):
                # Whoever should have chosen did not; the strong model may still have something to say.
                return "deep"
            if answer.depth == "deep":
                return "deep"
            if answer.depth == "none":
                self._note = "The rules' words are enough, as a model found."
                return "none"
            try:
                return self._worded(wording_of(answer), self._asking.fast)
            except Ungrounded as reason:
                refusal = self._refused(reason)
        return "none"

    async def _research(self) -> Worded | None:
        refusal = ""
        for _ in range(ATTEMPTS):
            answer = await self._ask(self._agents.researcher, "researcher", refusal, self._asking.seconds)
            if not isinstance(answer, Research):
                continue
            wording, withheld = wording_and_withheld(answer, self._material.explanation)
            self._withheld += withheld
            try:
                return self._worded(wording, self._asking.strong)
            except Ungrounded as reason:
                refusal = self._refused(reason)
        return None

    def _worded(self, wording: Any, model: str) -> Worded:
        material = self._material
        return worded(
            material.explanation, wording, frozenset(material.evidence), by=model, vocabulary=material.vocabulary
        )

    def _refused(self, reason: Ungrounded) -> str:
        said = redacted(str(reason))
        self._note = f"No model was heard: {said}"
        last = self._calls[-1]
        self._calls[-1] = attrs.evolve(last, answered=f"{last.answered}\n\nNot heard: {said}")
        return said

    async def _ask(
        self, agent: Agent[None, Any], role: str, refusal: str, seconds: float
    ) -> Dispatch | Research | None:
        if self._left <= 0:
            self._note = f"No model was heard: the budget of {self._asking.budget} calls an hour is used up."
            return None
        seconds = min(seconds, self._end - workflow.time())
        if seconds <= 0:
            return None
        self._left -= 1
        asking = self._asking
        instructions = DISPATCHER if role == "dispatcher" else RESEARCHER
        text = prompt(
            self._material.explanation, self._material.passages, longest=asking.prompt_characters, refusal=refusal
        )
        model = asking.fast if role == "dispatcher" else asking.strong
        self._pending = ModelCall(role, model, f"{instructions}\n\n{text}", "")
        began = workflow.now()
        try:
            result: AgentRunResult[Any] = await asyncio.wait_for(
                agent.run(text, model_settings=_settings(asking), usage_limits=UsageLimits(request_limit=1)), seconds
            )
        except TimeoutError:
            self.fail(f"{model} did not answer within {seconds:.3g} s")
            return None
        except Exception as failure:  # libraries raise what they like; the rules' words stand in
            if workflow.cancellation_reason() is not None:
                raise
            # A call that is given up because its time is over ends as a cancelled activity.
            late = isinstance(_root(failure), CancelledError)
            said = f"did not answer within {seconds:.3g} s" if late else f"failed: {_said(_root(failure))}"
            self.fail(f"{model} {said}")
            return None
        usage = result.usage
        answered = kept(result.output.model_dump_json())
        took = round((workflow.now() - began).total_seconds(), 3)
        self._calls.append(
            attrs.evolve(
                self._pending,
                answered=answered,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                seconds=took,
            )
        )
        self._pending = None
        output: Dispatch | Research = result.output
        return output


def _settings(asking: Asking) -> ModelSettings:
    settings = ModelSettings(max_tokens=asking.output_tokens)
    if asking.temperature is not None:
        settings["temperature"] = asking.temperature
    return settings


def _root(failure: BaseException) -> BaseException:
    found = failure
    while found.__cause__ is not None:
        found = found.__cause__
    return found


def _said(failure: BaseException) -> str:
    return getattr(failure, "message", "") or str(failure) or type(failure).__name__
