"""Models on Amazon Bedrock. pydantic-ai is loaded when one is made."""

from __future__ import annotations

from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import CopilotError

FAST = "bedrock:eu.anthropic.claude-haiku-4-5-20251001-v1:0"
STRONG = "bedrock:eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
"""What the documentation recommends; inference profiles of another region begin with ``us.`` or ``global.``."""
_CONNECTING = 2.0
"""Seconds. A region that cannot be reached should not take the time of an answer."""


class BedrockModels:
    """Models by their Bedrock id, with the credentials that the AWS chain finds."""

    key = "bedrock"

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings

    def model(self, name: str, *, region: str, timeout: float) -> object:
        """A model that has not been asked anything.

        :raises CopilotError: without a name, a region or credentials.
        """
        from boto3.session import Session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        if not name:
            raise CopilotError("bedrock: is no model; a name follows the colon")
        try:
            session = Session(region_name=region or self._settings.region or None, profile_name=self._settings.profile)
            credentials = session.get_credentials()
        except BotoCoreError as error:
            raise CopilotError(f"the AWS configuration cannot be used: {error}") from error
        if session.region_name is None:
            raise CopilotError("no AWS region is known; set model.region or aws.region")
        if credentials is None:
            raise CopilotError("no AWS credentials were found; give the process a role, or set aws.profile")
        from pydantic_ai.models.bedrock import BedrockConverseModel
        from pydantic_ai.providers.bedrock import BedrockProvider

        # Whoever waits has a deadline of its own, so a client that tries again only costs money.
        config = Config(connect_timeout=_CONNECTING, read_timeout=timeout, retries={"total_max_attempts": 1})
        client = session.client("bedrock-runtime", config=config)
        return BedrockConverseModel(name, provider=BedrockProvider(bedrock_client=client))
