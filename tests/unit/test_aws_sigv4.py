"""Signed requests to Amazon Managed Prometheus, put to a server that computes every signature again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from whenever import Instant

from sre_copilot_aws.settings import AwsSettings
from sre_copilot_aws.sigv4 import SigV4Signer
from sre_copilot_hookspecs import MissingReason, OutgoingRequest, Reading, SourceUnavailable
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from tests.exposition_targets import DIALECTS
from tests.prometheus_fake import Asked, Told, cluster_of, error, fake_prometheus, read
from tests.unit.test_prometheus_requests import DEPTH, WORKING

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-session"
REGION = "eu-west-1"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials as a container has them, and no other anywhere."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def complaint(asked: Asked, *, region: str = REGION, secret: str = SECRET) -> str:
    """What is wrong with a request's signature, computed as the public description of version 4 has it."""
    given = asked.headers.get("authorization", "")
    if not given.startswith("AWS4-HMAC-SHA256 "):
        return "Missing Authentication Token"
    parts = dict(part.strip().split("=", 1) for part in given.removeprefix("AWS4-HMAC-SHA256 ").split(","))
    stamp = asked.headers.get("x-amz-date", "")
    scope = f"{stamp[:8]}/{region}/aps/aws4_request"
    if parts["Credential"] != f"{KEY_ID}/{scope}":
        return f"Credential should be scoped to {scope}"
    if asked.headers.get("x-amz-security-token") != TOKEN:
        return "The security token included in the request is invalid"
    day = Instant.parse_iso(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:]}")
    if abs((Instant.now() - day).total("seconds")) > 300:
        return "Signature expired"
    signed = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-security-token"} <= set(signed):
        return "Too few headers are signed"
    canonical = "\n".join(
        [
            asked.method,
            asked.path,
            "&".join(sorted(asked.parameters.split("&"))),
            *(f"{name}:{asked.headers[name].strip()}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(asked.body).hexdigest(),
        ]
    )
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for step in (stamp[:8], region, "aps", "aws4_request"):
        key = digest(key, step)
    good = hmac.compare_digest(digest(key, text).hex(), parts["Signature"])
    return "" if good else "The request signature we calculated does not match the signature you provided"


def strict(asked: Asked) -> Told:
    """A workspace: it answers nobody whose signature is wrong, and knows only encoded spaces."""
    if "+" in asked.parameters:
        return error(400, "a space is to be sent as %20")
    wrong = complaint(asked)
    return error(403, wrong) if wrong else WORKING(asked)


async def reading_of(settings: AwsSettings, **more: object) -> tuple[Reading, list[Asked]]:
    async with fake_prometheus(strict) as fake:
        source = PrometheusSource(DIALECTS, [SigV4Signer(settings)])
        chosen = {"signer": "sigv4", "server": 'job="temporal", env="prod"', **more}
        await source.open(cluster_of(PrometheusSettings(f"{fake.url}/workspaces/ws-1", **chosen)))  # type: ignore[arg-type]
        found = await read(source, DEPTH)
        await source.close()
        return found, fake.asked


def test_every_request_bears_a_signature_that_the_server_computes_too() -> None:
    found, asked = asyncio.run(reading_of(AwsSettings(region=REGION), tenant="team-a"))
    assert found.value("test.depth") == 1, dict(found.missing())
    assert {each.method for each in asked} == {"GET", "POST"}
    assert all("x-scope-orgid" in each.headers["authorization"] for each in asked)


@pytest.mark.parametrize(
    ("settings", "more", "words"),
    [
        (AwsSettings(region="us-east-1"), {}, "Credential should be scoped to"),
        (AwsSettings(region=REGION), {"signer": None}, "Missing Authentication Token"),
    ],
)
def test_the_server_lets_nobody_else_in(settings: AwsSettings, more: dict[str, object], words: str) -> None:
    missing = asyncio.run(reading_of(settings, **more))[0].samples["test.depth"]
    assert missing.reason is MissingReason.REJECTED  # type: ignore[union-attr]
    assert words in missing.detail  # type: ignore[union-attr]


def test_a_wrong_secret_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET.swapcase())
    missing = asyncio.run(reading_of(AwsSettings(region=REGION)))[0].samples["test.depth"]
    assert "does not match the signature you provided" in missing.detail  # type: ignore[union-attr]


@pytest.mark.parametrize("changed", ["body", "url", "method"])
def test_a_request_that_is_changed_on_the_way_is_noticed(changed: str) -> None:
    sent = OutgoingRequest("POST", "http://h/w/api/v1/query?a=1", {"Content-Type": FORM}, b"query=up")
    headers = {**sent.headers, **SigV4Signer(AwsSettings(region=REGION)).sign(sent), "Host": "h"}
    arrived = Asked("POST", "/w/api/v1/query", {k.lower(): v for k, v in headers.items()}, b"query=up", "a=1")
    assert complaint(arrived) == ""
    altered = {"body": {"body": b"query=down"}, "url": {"parameters": "a=2"}, "method": {"method": "GET"}}[changed]
    assert "does not match" in complaint(attrs.evolve(arrived, **altered))  # type: ignore[arg-type]


def recomputed(request: OutgoingRequest, signed: Mapping[str, str]) -> str:
    """The signature that botocore makes of what was sent, at the time that was signed."""
    kept = {name: value for name, value in signed.items() if name.lower() == "content-type"}
    again = AWSRequest(request.method, request.url, data=request.body, headers=kept)
    again.context["timestamp"] = signed["X-Amz-Date"]
    again.headers["X-Amz-Date"] = signed["X-Amz-Date"]
    again.headers["X-Amz-Security-Token"] = TOKEN
    auth = SigV4Auth(Credentials(KEY_ID, SECRET, TOKEN), "aps", REGION)
    return str(auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again))


def test_the_signature_is_the_one_that_botocore_computes_again() -> None:
    request = OutgoingRequest("POST", "https://aps.example/workspaces/w/api/v1/query", {"Content-Type": FORM}, b"a=b")
    signed = SigV4Signer(AwsSettings(region=REGION)).sign(request)
    assert signed["Authorization"].endswith(f"Signature={recomputed(request, signed)}")


def test_what_proxies_change_is_not_signed() -> None:
    request = OutgoingRequest("GET", "https://aps.example/", {"Accept-Encoding": "gzip", "User-Agent": "x"}, b"")
    signed = SigV4Signer(AwsSettings(region=REGION)).sign(request)
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in signed["Authorization"]
    assert "Accept-Encoding" not in signed


def test_the_region_may_come_from_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    signed = SigV4Signer(AwsSettings()).sign(OutgoingRequest("GET", "https://aps.example/", {}, b""))
    assert "/ap-south-1/aps/aws4_request" in signed["Authorization"]


@pytest.mark.parametrize(
    ("settings", "unset", "words"),
    [
        (AwsSettings(), (), "There is no AWS region to sign for; set aws.region."),
        (AwsSettings(region=REGION), ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "No AWS credentials were found"),
        (AwsSettings(region=REGION, profile="nobody"), (), "check aws.profile"),
    ],
)
def test_what_is_missing_is_named(
    settings: AwsSettings, unset: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in unset:
        monkeypatch.delenv(name)
    with pytest.raises(SourceUnavailable) as refused:
        SigV4Signer(settings).sign(OutgoingRequest("GET", "https://aps.example/", {}, b""))
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)


WATCHES = """
import sys
from pathlib import Path
from sre_copilot.cli.context import load_context
context = load_context(on_failure=None)
signers = context.manager.collect("copilot_request_signers", settings=context.settings)
assert [each.value.key for each in signers] == ["sigv4"], signers
sys.exit("botocore" in sys.modules or "boto3" in sys.modules)
"""
COMMAND = """
import sys
from sre_copilot.cli.main import main
sys.argv = ["sre-copilot", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
sys.exit("botocore" in sys.modules or "boto3" in sys.modules)
"""


@pytest.mark.parametrize("arguments", [("--help",), ("plugins",)])
def test_no_command_loads_the_aws_libraries_on_the_way(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", COMMAND, *arguments], cwd=tmp_path, capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()


def test_the_signer_is_offered_without_loading_them(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", WATCHES], cwd=tmp_path, capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()
