"""The two agents. This module loads pydantic-ai, so it is imported only where a model is configured."""

from __future__ import annotations

import attrs
from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import TemporalDurability
from pydantic_ai.models import Model
from temporalio.common import RetryPolicy
from whenever import TimeDelta

from sre_copilot.assess.answers import Dispatch, Research
from sre_copilot.assess.prompts import DISPATCHER, RESEARCHER

HEARTBEAT = TimeDelta(seconds=2).to_stdlib()
"""After as long without a sign of life a worker counts as lost, and its call is made by another one."""
ATTEMPTS = 3
"""Of one call, as far as there is time; a provider that refuses is not asked again."""


@attrs.frozen
class Agents:
    """Who is asked. Their names are part of recorded histories and must not change."""

    dispatcher: Agent[None, Dispatch]
    researcher: Agent[None, Research]


def make_agents(fast: Model, strong: Model, *, timeout: float) -> Agents:
    """Agents whose calls are activities when they run in a workflow.

    :param timeout: seconds that one attempt of one call may take.
    """
    return Agents(
        Agent(
            fast,
            name="sre_copilot_dispatcher",
            deps_type=type(None),
            output_type=Dispatch,
            instructions=DISPATCHER,
            retries=0,
            capabilities=[_durability(timeout)],
        ),
        Agent(
            strong,
            name="sre_copilot_researcher",
            deps_type=type(None),
            output_type=Research,
            instructions=RESEARCHER,
            retries=0,
            capabilities=[_durability(timeout)],
        ),
    )


def _durability(timeout: float) -> TemporalDurability[None]:
    return TemporalDurability(
        activity_config={
            "start_to_close_timeout": TimeDelta(seconds=timeout).to_stdlib(),
            "heartbeat_timeout": HEARTBEAT,
            "retry_policy": RetryPolicy(
                initial_interval=TimeDelta(milliseconds=200).to_stdlib(), maximum_attempts=ATTEMPTS
            ),
        }
    )
