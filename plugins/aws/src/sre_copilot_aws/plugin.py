"""What this distribution adds to the copilot: signed requests, Bedrock models, and files for ECS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs.clusters import SettingsSection
from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter, ModelProvider, RequestSigner, Settings


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[aws]``: where, and as whom."""
    return [SettingsSection("aws", AwsSettings)]


@hookimpl
def copilot_request_signers(settings: Settings) -> Sequence[RequestSigner]:
    """The signer ``sigv4``, for Amazon Managed Service for Prometheus."""
    from sre_copilot_aws.sigv4 import SigV4Signer

    return [SigV4Signer(settings.section(AwsSettings))]


@hookimpl
def copilot_adapters() -> Sequence[Adapter]:
    """Files for Amazon ECS."""
    from sre_copilot_aws.ecs import EcsAdapter

    return [EcsAdapter()]


@hookimpl
def copilot_model_providers(settings: Settings) -> Sequence[ModelProvider]:
    """Models on Amazon Bedrock, such as ``bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0``."""
    from sre_copilot_aws.bedrock import BedrockModels

    return [BedrockModels(settings.section(AwsSettings))]
