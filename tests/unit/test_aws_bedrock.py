"""A knowledge base on Amazon Bedrock: what is asked, what is made of the answer, and what a refusal says."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws
from whenever import Instant

from sre_copilot_aws.bedrock import LONGEST_QUESTION, BedrockRetriever
from sre_copilot_aws.bedrock_checks import BedrockChecks
from sre_copilot_aws.bedrock_settings import BedrockSettings
from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import CheckOutcome, Document, KnowledgeBase, Library, SourceUnavailable

BASE, SOURCE, JOB = "KB12345678", "DS12345678", "JOB1234567"
REGION, BUCKET = "eu-west-1", "guides-of-ours"
SETTINGS = BedrockSettings(BASE, SOURCE, BUCKET, "/runbooks/")
IDS = {"knowledgeBaseId": BASE, "dataSourceId": SOURCE}
AT = Instant.from_utc(2026, 3, 1, 12)
STARTED = AT.to_stdlib()


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials as a container has them, and no other anywhere."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-ours")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


class Stubbed:
    """Clients that answer what they are told to, and refuse any other question or answer that AWS would not give."""

    def __init__(self) -> None:
        session = botocore.session.Session()
        self.clients = {
            name: session.create_client(name, REGION) for name in ("bedrock-agent-runtime", "bedrock-agent")
        }
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def retriever(self, settings: BedrockSettings = SETTINGS) -> BedrockRetriever:
        return BedrockRetriever(settings, AwsSettings(), connect=self.clients.__getitem__)

    def retrieves(self, *results: dict[str, Any], text: str = "why", limit: int = 5) -> None:
        expected = {
            "knowledgeBaseId": BASE,
            "retrievalQuery": {"text": text},
            "retrievalConfiguration": {"vectorSearchConfiguration": {"numberOfResults": limit}},
        }
        self.stubs["bedrock-agent-runtime"].add_response("retrieve", {"retrievalResults": list(results)}, expected)

    def source_is(self, **source: Any) -> None:
        at = {"createdAt": STARTED, "updatedAt": STARTED}
        whole = {**IDS, **at, "name": "guides", "status": "AVAILABLE", "dataSourceConfiguration": s3(BUCKET), **source}
        self.stubs["bedrock-agent"].add_response("get_data_source", {"dataSource": whole}, IDS)

    def refuses(self, operation: str, code: str, message: str = "") -> None:
        service = "bedrock-agent-runtime" if operation == "retrieve" else "bedrock-agent"
        self.stubs[service].add_client_error(operation, code, message)


@pytest.fixture
def aws() -> Iterator[Stubbed]:
    stubbed = Stubbed()
    yield stubbed
    for stub in stubbed.stubs.values():
        stub.assert_no_pending_responses()


def s3(bucket: str, *prefixes: str) -> dict[str, Any]:
    inclusion = {"inclusionPrefixes": list(prefixes)} if prefixes else {}
    return {"type": "S3", "s3Configuration": {"bucketArn": f"arn:aws:s3:::{bucket}", **inclusion}}


def result(text: str, uri: str, score: float = 0.5) -> dict[str, Any]:
    location = {"type": "S3", "s3Location": {"uri": uri}}
    return {"content": {"text": text, "type": "TEXT"}, "location": location, "score": score}


def job(status: str, **more: Any) -> dict[str, Any]:
    return {**IDS, "ingestionJobId": JOB, "status": status, "startedAt": STARTED, "updatedAt": STARTED, **more}


def test_what_is_found_is_cited_by_the_name_it_was_handed_over_with(aws: Stubbed) -> None:
    aws.retrieves(
        result("# No workers\n\nStart them.", f"s3://{BUCKET}/runbooks/guides/no-workers.md", 0.8),
        result("no heading", "s3://elsewhere/wiki/page.md", 1.7),
        {
            "content": {"text": "from the web"},
            "location": {"type": "WEB", "webLocation": {"url": "https://a.example/b"}},
        },
        {"content": {"type": "IMAGE", "byteContent": "data:image/png;base64,AA=="}},
    )
    found = asyncio.run(aws.retriever().search("why", limit=5))
    assert [(one.source, one.heading, one.score) for one in found] == [
        ("guides/no-workers.md", "No workers", 0.8),
        ("s3://elsewhere/wiki/page.md", "page", 1.0),
        ("https://a.example/b", "b", 0.0),
    ]
    assert found[0].text.endswith("Start them.")


def test_questions_are_bounded_and_empty_ones_are_not_asked(aws: Stubbed) -> None:
    aws.retrieves(text="x" * LONGEST_QUESTION, limit=100)
    retriever = aws.retriever()
    assert asyncio.run(retriever.search(" x" * 3, limit=0)) == []
    assert asyncio.run(retriever.search(" \n ", limit=5)) == []
    assert asyncio.run(retriever.search("x" * 5000, limit=500)) == []


REFUSALS = [
    ("ThrottlingException", "Rate exceeded", "asked too often"),
    ("ResourceNotFoundException", "Knowledge Base with id KB12345678 does not exist", "check bedrock.knowledge_base"),
    ("ExpiredTokenException", "The security token is expired", "renew them, or check aws.profile"),
    (
        "AccessDeniedException",
        "User: arn:aws:sts::123456789012:role/x is not authorized to perform: bedrock:Retrieve on resource: z",
        "AWS forbids bedrock:Retrieve",
    ),
    ("ValidationException", "1 validation error for\n arn:aws:iam::123456789012:role/x", "check the table [bedrock]"),
    ("InternalServerException", "", "AWS answered InternalServerException"),
]


@pytest.mark.parametrize(("code", "message", "words"), REFUSALS, ids=[code for code, _, _ in REFUSALS])
def test_a_refusal_is_one_clear_sentence_without_accounts(code: str, message: str, words: str, aws: Stubbed) -> None:
    aws.refuses("retrieve", code, message)
    with pytest.raises(SourceUnavailable) as refused:
        asyncio.run(aws.retriever().search("why", limit=5))
    said = str(refused.value)
    assert words in said
    assert said.endswith(".")
    assert "\n" not in said
    assert "123456789012" not in said


def test_a_network_that_does_not_reach_aws_is_named(monkeypatch: pytest.MonkeyPatch, aws: Stubbed) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://bedrock.example")

    monkeypatch.setattr(aws.clients["bedrock-agent-runtime"], "retrieve", unreachable)
    with pytest.raises(SourceUnavailable, match=r"check the network and aws\.region"):
        asyncio.run(aws.retriever().search("why", limit=5))


@pytest.mark.parametrize(
    ("settings", "unset", "words"),
    [
        (AwsSettings(), (), "set aws.region"),
        (AwsSettings(REGION), ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "No AWS credentials were found"),
        (AwsSettings(REGION, "nobody"), (), "check aws.profile"),
    ],
)
def test_a_missing_identity_is_named(
    settings: AwsSettings, unset: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in unset:
        monkeypatch.delenv(name)
    retriever = BedrockRetriever(SETTINGS, settings)
    for attempt in (retriever.search("why", limit=5), retriever.sync([Document("a.md", "a")]), retriever.document("a")):
        with pytest.raises(SourceUnavailable, match=words):
            asyncio.run(attempt)  # type: ignore[arg-type]


def test_guides_are_copied_to_the_bucket_and_read_from_it_again() -> None:
    with mock_aws():
        storage = botocore.session.Session().create_client("s3", REGION)
        storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        retriever = BedrockRetriever(SETTINGS, AwsSettings(REGION))
        assert isinstance(retriever, KnowledgeBase)
        assert isinstance(retriever, Library)
        guides = [Document(f"guides/{number}.md", f"# Größe {number}") for number in range(20)]
        done = asyncio.run(retriever.sync(guides))
        assert [(one.name, one.problem) for one in done] == [(guide.source, "") for guide in guides]
        kept = storage.list_objects_v2(Bucket=BUCKET)["Contents"]
        assert {each["Key"] for each in kept} == {f"runbooks/{guide.source}" for guide in guides}
        assert storage.get_object(Bucket=BUCKET, Key="runbooks/guides/7.md")["ContentType"].startswith("text/markdown")
        assert asyncio.run(retriever.document("guides/7.md")) == "# Größe 7"
        assert asyncio.run(retriever.documents()) == []
        storage.put_object(Bucket=BUCKET, Key="secret.md", Body=b"secret")
        for source in ("guides/none.md", "../secret.md", "/secret.md", "", "a/../../secret.md", "x" * 2000, "\0"):
            assert asyncio.run(retriever.document(source)) is None, source


def test_a_guide_that_cannot_be_copied_is_told_and_the_others_are_copied() -> None:
    storage = botocore.session.Session().create_client("s3", REGION)
    with Stubber(storage) as stub:
        stub.add_client_error("put_object", "SlowDown", "Please reduce your request rate.")
        for _ in range(3):
            stub.add_response("put_object", {})
        retriever = BedrockRetriever(SETTINGS, AwsSettings(), connect=lambda _: storage)
        done = asyncio.run(retriever.sync([Document(f"{number}.md", "text") for number in range(4)]))
    assert [one.name for one in done] == ["0.md", "1.md", "2.md", "3.md"]
    (problem,) = [one.problem for one in done if one.problem]
    assert "asked too often" in problem


def test_a_bucket_that_is_not_there_is_told_once() -> None:
    with mock_aws(), pytest.raises(SourceUnavailable, match=f"There is no bucket '{BUCKET}'; check bedrock.bucket."):
        asyncio.run(
            BedrockRetriever(SETTINGS, AwsSettings(REGION)).sync([Document("a.md", "a"), Document("b.md", "b")])
        )


def test_an_ingestion_is_started_and_followed(aws: Stubbed) -> None:
    retriever = aws.retriever()
    stub = aws.stubs["bedrock-agent"]
    stub.add_response("start_ingestion_job", {"ingestionJob": job("STARTING")}, IDS)
    begun = asyncio.run(retriever.start_ingestion())
    assert (begun.id, begun.status, begun.started_at) == (JOB, "STARTING", AT)

    listed = {**IDS, "maxResults": 10, "sortBy": {"attribute": "STARTED_AT", "order": "DESCENDING"}}
    counts = {"numberOfDocumentsScanned": 29, "numberOfDocumentsFailed": 1}
    summaries = [job("FAILED"), job("COMPLETE", statistics=counts)]
    stub.add_response("list_ingestion_jobs", {"ingestionJobSummaries": summaries}, listed)
    whole = {"ingestionJob": job("FAILED", failureReasons=["The role may not read the bucket."])}
    stub.add_response("get_ingestion_job", whole, {**IDS, "ingestionJobId": JOB})
    failed, done = asyncio.run(retriever.ingestions(limit=10))
    assert failed.problems == ("The role may not read the bucket.",)
    assert dict(done.counts) == {"documents": 29, "failed": 1}


def test_a_second_ingestion_at_a_time_is_refused_in_words(aws: Stubbed) -> None:
    aws.refuses("start_ingestion_job", "ConflictException")
    with pytest.raises(SourceUnavailable, match="under way already"):
        asyncio.run(aws.retriever().start_ingestion())


@pytest.mark.parametrize("missing", ["bucket", "data_source"])
def test_what_a_step_needs_is_named(missing: str, aws: Stubbed) -> None:
    retriever = aws.retriever(attrs.evolve(SETTINGS, **{missing: ""}))  # type: ignore[arg-type]
    step = retriever.sync([]) if missing == "bucket" else retriever.start_ingestion()
    with pytest.raises(SourceUnavailable, match=f"bedrock.{missing} is not set"):
        asyncio.run(step)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["knowledge_base", "data_source"])
@pytest.mark.parametrize("value", ["short", "KB1234567!", "KB123456789", "arn:aws:bedrock"])
def test_an_id_that_can_be_none_is_refused_at_once(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="must have ten letters and digits"):
        BedrockSettings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("prefix", "folder"), [("", ""), ("/", ""), ("a", "a/"), ("/a/b/", "a/b/")])
def test_a_prefix_may_be_written_in_any_way(prefix: str, folder: str) -> None:
    assert BedrockSettings(prefix=prefix).folder == folder


class Chosen:
    """Settings with nothing but these."""

    def __init__(self, bedrock: BedrockSettings) -> None:
        self.bedrock = bedrock

    def section(self, kind: type) -> object:
        return self.bedrock if kind is BedrockSettings else AwsSettings()


def checked(aws: Stubbed, settings: BedrockSettings = SETTINGS) -> list[tuple[CheckOutcome, str]]:
    checks = BedrockChecks(aws.retriever(settings))
    return [(each.outcome, each.says) for each in asyncio.run(checks.run(Chosen(settings)))]  # type: ignore[arg-type]


def probe(aws: Stubbed, *results: dict[str, Any]) -> None:
    aws.retrieves(*results, text="What to do when no worker polls a task queue", limit=1)


def test_the_doctor_says_nothing_where_nothing_is_set_and_warns_of_halves(aws: Stubbed) -> None:
    assert checked(aws, BedrockSettings()) == []
    ((outcome, says),) = checked(aws, BedrockSettings(bucket=BUCKET))
    assert (outcome, "bedrock.knowledge_base is not set" in says) == (CheckOutcome.WARNING, True)


def test_the_doctor_finds_all_well(aws: Stubbed) -> None:
    probe(aws, result("x", "s3://a/b"))
    aws.source_is(dataSourceConfiguration=s3(BUCKET, "runbooks/"))
    assert [outcome for outcome, _ in checked(aws)] == [CheckOutcome.OK, CheckOutcome.OK]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"status": "FAILED"}, "is FAILED"),
        ({"dataSourceConfiguration": s3("another")}, "reads the bucket another, not guides-of-ours"),
        ({"dataSourceConfiguration": s3(BUCKET, "wiki/")}, "check bedrock.prefix"),
        ({"dataSourceConfiguration": {"type": "CUSTOM"}}, "reads no bucket"),
    ],
)
def test_the_doctor_sees_a_data_source_that_reads_something_else(
    source: dict[str, Any], words: str, aws: Stubbed
) -> None:
    probe(aws)
    aws.source_is(**source)
    (empty, _), (outcome, says) = checked(aws)
    assert empty is CheckOutcome.WARNING
    assert outcome is CheckOutcome.FAILED
    assert words in says


def test_the_doctor_says_why_nobody_answers(aws: Stubbed) -> None:
    aws.refuses("retrieve", "ThrottlingException")
    ((outcome, says),) = checked(aws)
    assert outcome is CheckOutcome.FAILED
    assert "asked too often" in says


OFFERED = """
import sys
from sre_copilot.cli.context import load_context
context = load_context(on_failure=None)
retrievers = context.manager.collect("copilot_retrievers", settings=context.settings)
assert "bedrock" in [each.value.key for each in retrievers], retrievers
sys.exit("botocore" in sys.modules or "boto3" in sys.modules)
"""


def test_it_is_offered_without_loading_the_aws_libraries(tmp_path: Path) -> None:
    (tmp_path / "sre-copilot.toml").write_text(f'[bedrock]\nknowledge_base = "{BASE}"\n')
    ran = subprocess.run([sys.executable, "-c", OFFERED], cwd=tmp_path, capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()
