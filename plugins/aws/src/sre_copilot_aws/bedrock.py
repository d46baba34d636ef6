"""The retriever that asks a knowledge base on Amazon Bedrock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sre_copilot_aws.bedrock_answers import ingestion, passage
from sre_copilot_aws.bedrock_failures import unavailable
from sre_copilot_aws.bedrock_settings import BedrockSettings
from sre_copilot_aws.identity import Identity, identify
from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import (
    Cluster,
    Document,
    Ingestion,
    Passage,
    SourceUnavailable,
    SyncedDocument,
)

LONGEST_QUESTION = 1_000
"""Characters that a question to a knowledge base may have in every region and release."""

MOST_RESULTS = 100
"""Passages that one search may return (Amazon Bedrock API reference, KnowledgeBaseVectorSearchConfiguration)."""

MOST_AT_ONCE = 8
"""Documents that are copied at a time; S3 takes many more."""

LARGEST_DOCUMENT = 1024 * 1024
"""Bytes of a document that is shown to a person."""

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 6, 2
"""What one call may take at the most, so that a search is over within the deadline of whoever asked."""


class BedrockRetriever:
    """Searches a knowledge base, and hands guides over to it by way of its bucket.

    Nothing of AWS is loaded before the first question. Every call is made in a thread, since the library blocks.
    """

    key = "bedrock"

    def __init__(
        self, settings: BedrockSettings, aws: AwsSettings, *, connect: Callable[[str], Any] | None = None
    ) -> None:
        """Nothing is asked yet.

        :param connect: makes the client of a service by its AWS name; the usual one unless a test brings its own.
        """
        self._settings = settings
        self._aws = aws
        self._connect = connect or self._client
        self._alone = threading.Lock()
        self._identity: Identity | None = None
        self._clients: dict[str, Any] = {}

    async def search(self, query: str, *, limit: int, cluster: Cluster | None = None) -> Sequence[Passage]:  # noqa: ARG002
        """The passages that fit best, best first. Guides are the same for all clusters.

        :raises SourceUnavailable: if the knowledge base does not answer, with the reason.
        """
        asked = " ".join(query.split())[:LONGEST_QUESTION]
        if not asked or limit < 1:
            return []
        answer = await self._ask(
            "bedrock-agent-runtime",
            "retrieve",
            knowledgeBaseId=self._settings.knowledge_base,
            retrievalQuery={"text": asked},
            retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": min(limit, MOST_RESULTS)}},
        )
        results = (result for result in answer["retrievalResults"] if result.get("content", {}).get("text"))
        return [passage(result, folder=self._folder) for result in results]

    async def documents(self) -> Sequence[Document]:
        """None: what is in the bucket was handed over by others."""
        return []

    async def document(self, source: str) -> str | None:
        """The text of a document in the bucket, below the prefix."""
        if not self._settings.bucket or not source or source.startswith("/") or ".." in source.split("/"):
            return None
        name = source.encode(errors="replace")
        if len(self._settings.folder) + len(name) > 1024 or b"\0" in name:
            return None
        return await asyncio.to_thread(self._read, source)

    async def sync(self, documents: Sequence[Document]) -> Sequence[SyncedDocument]:
        """Copy every document to the bucket. Nothing is deleted there.

        :raises SourceUnavailable: if none can be copied, with the reason.
        """
        self._required("bucket")
        await asyncio.to_thread(self._service, "s3")
        places = asyncio.Semaphore(MOST_AT_ONCE)

        async def copied(document: Document) -> SyncedDocument:
            async with places:
                return await self._copied(document)

        done = await asyncio.gather(*map(copied, documents))
        problems = {document.problem for document in done}
        if len(problems) == 1 and "" not in problems:
            raise SourceUnavailable(problems.pop())
        return done

    async def start_ingestion(self) -> Ingestion:
        """Make what is in the bucket searchable; it is done some minutes later.

        :raises SourceUnavailable: if it cannot be started, with the reason.
        """
        answer = await self._ask("bedrock-agent", "start_ingestion_job", **self._source())
        return ingestion(answer["ingestionJob"])

    async def ingestions(self, *, limit: int) -> Sequence[Ingestion]:
        """The newest runs, newest first. Of the first that failed the reasons are looked up.

        :raises SourceUnavailable: if nobody answers.
        """
        answer = await self._ask(
            "bedrock-agent",
            "list_ingestion_jobs",
            **self._source(),
            maxResults=limit,
            sortBy={"attribute": "STARTED_AT", "order": "DESCENDING"},
        )
        found = [ingestion(job) for job in answer["ingestionJobSummaries"]]
        failed = next((number for number, job in enumerate(found) if job.status == "FAILED"), None)
        if failed is not None:
            job = found[failed].id
            told = await self._ask("bedrock-agent", "get_ingestion_job", **self._source(), ingestionJobId=job)
            found[failed] = ingestion(told["ingestionJob"])
        return found

    async def data_source(self) -> Mapping[str, Any]:
        """What Amazon Bedrock knows about the data source.

        :raises SourceUnavailable: if it does not tell.
        """
        answer = await self._ask("bedrock-agent", "get_data_source", **self._source())
        found: Mapping[str, Any] = answer["dataSource"]
        return found

    def _source(self) -> dict[str, str]:
        self._required("data_source")
        return {"knowledgeBaseId": self._settings.knowledge_base, "dataSourceId": self._settings.data_source}

    def _required(self, name: str) -> None:
        if not getattr(self._settings, name):
            raise SourceUnavailable(f"bedrock.{name} is not set, and this needs it.")

    async def _ask(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        return await asyncio.to_thread(self._call, service, operation, parameters)

    def _call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._service(service)
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(**parameters)
        except (ClientError, BotoCoreError) as error:
            raise unavailable(error, self._settings) from error
        return answer

    async def _copied(self, document: Document) -> SyncedDocument:
        try:
            await self._ask(
                "s3",
                "put_object",
                Bucket=self._settings.bucket,
                Key=f"{self._settings.folder}{document.source}",
                Body=document.text.encode(),
                ContentType="text/markdown; charset=utf-8",
            )
        except SourceUnavailable as refusal:
            return SyncedDocument(document.source, str(refusal))
        return SyncedDocument(document.source)

    def _read(self, source: str) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._service("s3")
        try:
            answer = client.get_object(Bucket=self._settings.bucket, Key=f"{self._settings.folder}{source}")
            body: bytes = answer["Body"].read(LARGEST_DOCUMENT)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return None
            raise unavailable(error, self._settings) from error
        except BotoCoreError as error:
            raise unavailable(error, self._settings) from error
        return body.decode(errors="replace")

    def _service(self, name: str) -> Any:
        # Making clients is not safe in several threads; using one is.
        with self._alone:
            if name not in self._clients:
                self._clients[name] = self._connect(name)
            return self._clients[name]

    def _client(self, name: str) -> Any:
        from botocore.config import Config

        if self._identity is None:
            self._identity = identify(self._aws)
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        return self._identity.session.create_client(name, region_name=self._identity.region, config=config)

    @property
    def _folder(self) -> str:
        """What the addresses of our guides begin with."""
        return f"s3://{self._settings.bucket}/{self._settings.folder}" if self._settings.bucket else ""
