"""Amazon Bedrock's part of ``doctor``: does the knowledge base answer, and does it read the right bucket?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from sre_copilot_aws.bedrock import BedrockRetriever
from sre_copilot_aws.bedrock_settings import BedrockSettings
from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import CheckOutcome, CheckResult, Settings, SourceUnavailable

NAME = "knowledge base"
_PROBE = "What to do when no worker polls a task queue"
"""A question that any collection of runbooks has something for."""


@attrs.frozen
class BedrockChecks:
    """Asks the knowledge base one question, and looks at its data source."""

    retriever: BedrockRetriever | None = None
    """Another one than the settings describe, for tests."""
    key: str = "bedrock"

    async def run(self, settings: Settings) -> list[CheckResult]:
        """Nothing where nothing is set."""
        chosen = settings.section(BedrockSettings)
        if chosen == BedrockSettings():
            return []
        if not chosen.knowledge_base:
            return [
                _result(CheckOutcome.WARNING, "bedrock.knowledge_base is not set, so the rest of [bedrock] is idle.")
            ]
        retriever = self.retriever or BedrockRetriever(chosen, settings.section(AwsSettings))
        try:
            results = [await _answers(retriever, chosen)]
            if chosen.data_source:
                results.append(_reads(await retriever.data_source(), chosen))
        except SourceUnavailable as refusal:
            return [_result(CheckOutcome.FAILED, str(refusal))]
        return results


async def _answers(retriever: BedrockRetriever, chosen: BedrockSettings) -> CheckResult:
    if await retriever.search(_PROBE, limit=1):
        return _result(CheckOutcome.OK, f"{chosen.knowledge_base} finds passages.")
    says = f"{chosen.knowledge_base} answers and finds nothing; see sre-copilot kb sync and kb start-ingestion."
    return _result(CheckOutcome.WARNING, says)


def _reads(source: Mapping[str, Any], chosen: BedrockSettings) -> CheckResult:
    status = str(source.get("status", ""))
    if status != "AVAILABLE":
        return _result(
            CheckOutcome.FAILED, f"The data source {chosen.data_source} is {status}; look at it in the console."
        )
    configuration = source.get("dataSourceConfiguration", {}).get("s3Configuration", {})
    bucket = str(configuration.get("bucketArn", "")).rpartition(":")[2]
    if chosen.bucket and bucket != chosen.bucket:
        read = f"the bucket {bucket}" if bucket else "no bucket"
        says = f"The data source {chosen.data_source} reads {read}, not {chosen.bucket}; check bedrock.bucket."
        return _result(CheckOutcome.FAILED, says)
    prefixes = [str(prefix) for prefix in configuration.get("inclusionPrefixes", ())]
    if chosen.bucket and prefixes and not any(chosen.folder.startswith(prefix) for prefix in prefixes):
        says = f"The data source {chosen.data_source} reads only {', '.join(prefixes)}; check bedrock.prefix."
        return _result(CheckOutcome.FAILED, says)
    return _result(CheckOutcome.OK, f"The data source {chosen.data_source} is available.")


def _result(outcome: CheckOutcome, says: str) -> CheckResult:
    return CheckResult(NAME, outcome, says)
