"""What this distribution adds to the copilot: signed requests, and files for Amazon ECS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs.clusters import SettingsSection
from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter, RequestSigner, Settings


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
