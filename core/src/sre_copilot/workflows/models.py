"""The models of the settings, made ready for a worker. Nothing of them is loaded where none is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from sre_copilot.narrative.redacting import redacted
from sre_copilot.plugins.finding import what_happened
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings
from sre_copilot.workflows.assessment_messages import Asking

if TYPE_CHECKING:
    from temporalio.client import Plugin

    from sre_copilot_hookspecs import ModelProvider


@attrs.frozen
class Models:
    """What a worker needs to ask models."""

    asking: Asking | None = None
    """``None`` where no model can be asked."""
    problem: str = ""
    """Why a configured model cannot be asked, as one sentence; empty where none is configured."""
    plugins: tuple[Plugin, ...] = ()
    """For the client, instead of the usual one; empty to take that."""
    workflows: tuple[type, ...] = ()


NO_MODELS = Models()


def make_models(manager: Manager, settings: Settings) -> Models:
    """Get the configured models ready. What is wrong with them is said, not raised: the rules go on without."""
    if not settings.model.is_configured:
        return NO_MODELS
    try:
        return _models(settings, *configured_models(manager, settings))
    except Exception as failure:  # noqa: BLE001 - libraries and plugins raise what they like
        return Models(problem=_reason(failure))


def model_problem(manager: Manager, settings: Settings) -> str:
    """Why the configured models cannot be asked, as sentences; empty where they can."""
    try:
        configured_models(manager, settings)
    except Exception as failure:  # noqa: BLE001 - libraries and plugins raise what they like
        return _reason(failure)
    return ""


def configured_models(manager: Manager, settings: Settings) -> tuple[Any, Any]:
    """The fast and the strong model of ``[model]``.

    :raises Exception: whatever a library or plugin says about a model that cannot be made.
    """
    wanted = settings.model
    providers = {
        declared.value.key: declared.value for declared in manager.collect("copilot_model_providers", settings=settings)
    }
    ids = (wanted.fast or wanted.strong, wanted.strong or wanted.fast)
    fast, strong = (_model(providers, one, region=wanted.region, timeout=wanted.timeout) for one in ids)
    return fast, strong


def _model(providers: dict[str, ModelProvider], wanted: str, *, region: str, timeout: float) -> Any:
    from pydantic_ai.models import infer_model

    key, _, name = wanted.partition(":")
    if key in providers:
        return providers[key].model(name, region=region, timeout=timeout)
    return infer_model(wanted)


def _models(settings: Settings, fast: Any, strong: Any) -> Models:
    from pydantic_ai.durable_exec.temporal import PydanticAIPlugin

    from sre_copilot.assess.agents import make_agents
    from sre_copilot.workflows.model_payloads import MODEL_DATA_CONVERTER
    from sre_copilot.workflows.sdk_plugin import sdk_plugin
    from sre_copilot.workflows.word_assessment import WordAssessmentWorkflow, use_agents

    wanted = settings.model
    use_agents(make_agents(fast, strong, timeout=wanted.timeout))
    asking = Asking(
        wanted.fast or wanted.strong,
        wanted.strong or wanted.fast,
        wanted.fast_timeout,
        wanted.timeout,
        wanted.output_tokens,
        wanted.prompt_characters,
        wanted.calls_per_hour,
        wanted.calls_per_hour,
        wanted.temperature,
    )
    return Models(
        asking, plugins=(sdk_plugin(MODEL_DATA_CONVERTER), PydanticAIPlugin()), workflows=(WordAssessmentWorkflow,)
    )


def _reason(failure: Exception) -> str:
    said = f"No model can be asked: {redacted(what_happened(failure)).rstrip('.')}."
    if isinstance(failure, ImportError):
        return f"{said} Install the extra: pip install 'sre-copilot[agents]'."
    return f"{said} Check model.fast, model.strong and the credentials of their provider."
