"""What went wrong at Amazon Bedrock or S3, in one sentence for a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sre_copilot_hookspecs import SourceUnavailable

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

    from sre_copilot_aws.bedrock_settings import BedrockSettings

_TOO_OFTEN = ("ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown")
_FORBIDDEN = ("AccessDeniedException", "AccessDenied", "403")
_IDENTITY = (
    "ExpiredTokenException",
    "ExpiredToken",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
)
_ACTION = re.compile(r"not authorized to perform:? (\S+)")
_ACCOUNT = re.compile(r"arn:\S+|\b\d{12}\b")


def unavailable(error: ClientError | BotoCoreError, settings: BedrockSettings) -> SourceUnavailable:
    """The refusal in words. It names no account and no role."""
    response = getattr(error, "response", None)
    if response is None:
        return SourceUnavailable(f"AWS cannot be asked: {_plain(str(error))}; check the network and aws.region.")
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", ""))
    return SourceUnavailable(_says(code, message, settings))


def _says(code: str, message: str, settings: BedrockSettings) -> str:
    if code in _TOO_OFTEN:
        return "AWS is asked too often and turns requests away; try again in a minute."
    if code in _FORBIDDEN:
        action = _ACTION.search(message)
        what = action[1] if action else "this request"
        return f"AWS forbids {what} to these credentials; allow it in the policy of their role."
    if code in _IDENTITY:
        return f"AWS does not accept the credentials ({code}); renew them, or check aws.profile."
    if code == "NoSuchBucket":
        return f"There is no bucket {settings.bucket!r}; check bedrock.bucket."
    if code == "ResourceNotFoundException":
        ids = " and ".join(filter(None, [settings.knowledge_base, settings.data_source]))
        return f"Amazon Bedrock does not know {ids} there; check bedrock.knowledge_base, data_source and aws.region."
    if code == "ConflictException":
        return "An ingestion is under way already; see sre-copilot kb status --of bedrock."
    return f"AWS answered {code}: {_plain(message)}; check the table [bedrock]."


def _plain(message: str) -> str:
    return _ACCOUNT.sub("…", " ".join(message.split())).rstrip(".")
