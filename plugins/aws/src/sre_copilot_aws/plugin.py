"""What this distribution adds to the copilot: signed requests, Bedrock's models and knowledge bases, files for ECS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter, Check, ModelProvider, RequestSigner, Retriever, Settings
    from sre_copilot_hookspecs.clusters import SettingsSection


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[aws]``: where, and as whom; ``[bedrock]``: which knowledge base."""
    from sre_copilot_aws.bedrock_settings import BedrockSettings
    from sre_copilot_aws.settings import AwsSettings
    from sre_copilot_hookspecs.clusters import SettingsSection

    return [SettingsSection("aws", AwsSettings), SettingsSection("bedrock", BedrockSettings)]


@hookimpl
def copilot_request_signers(settings: Settings) -> Sequence[RequestSigner]:
    """The signer ``sigv4``, for Amazon Managed Service for Prometheus."""
    from sre_copilot_aws.settings import AwsSettings
    from sre_copilot_aws.sigv4 import SigV4Signer

    return [SigV4Signer(settings.section(AwsSettings))]


@hookimpl
def copilot_adapters() -> Sequence[Adapter]:
    """Files for Amazon ECS."""
    from sre_copilot_aws.ecs import EcsAdapter

    return [EcsAdapter()]


@hookimpl
def copilot_retrievers(settings: Settings) -> Sequence[Retriever]:
    """The retriever ``bedrock``, where a knowledge base is set."""
    from sre_copilot_aws.bedrock_settings import BedrockSettings
    from sre_copilot_aws.settings import AwsSettings

    chosen = settings.section(BedrockSettings)
    if not chosen.knowledge_base:
        return []
    from sre_copilot_aws.bedrock import BedrockRetriever

    return [BedrockRetriever(chosen, settings.section(AwsSettings))]


@hookimpl
def copilot_checks() -> Sequence[Check]:
    """Whether the knowledge base answers and reads the right bucket."""
    from sre_copilot_aws.bedrock_checks import BedrockChecks

    return [BedrockChecks()]


@hookimpl
def copilot_model_providers(settings: Settings) -> Sequence[ModelProvider]:
    """Models on Amazon Bedrock, such as ``bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0``."""
    from sre_copilot_aws.bedrock_models import BedrockModels
    from sre_copilot_aws.settings import AwsSettings

    return [BedrockModels(settings.section(AwsSettings))]
