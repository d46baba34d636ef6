"""What this distribution adds to the copilot: signed requests, files for Amazon ECS, knowledge bases on Bedrock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter, Check, RequestSigner, Retriever, Settings
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
