"""From connection settings to a client."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.service import TLSConfig

from sre_copilot_hookspecs import SettingsError, SourceUnavailable, TemporalConnection
from sre_copilot_temporal.api.connection import check_address, connect, tls_of
from sre_copilot_temporal.api.source import TemporalApiSource
from tests.temporal_api import watched


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    for name in ("ours", "other"):
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", *files]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    "address", ["temporal", ":7233", "http://temporal:7233", "a b:1", "host:", "host:0", "h:65536"]
)
def test_a_malformed_address_names_the_setting(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^own\.address is .*; write host:port"):
        check_address(address, "own.address")


@pytest.mark.parametrize("address", ["127.0.0.1:7233", "temporal.example.com:443", "[::1]:7233"])
def test_a_well_formed_address_is_accepted(address: str) -> None:
    check_address(address, "own.address")


def test_nothing_asked_for_is_no_encryption() -> None:
    assert tls_of(TemporalConnection()) is False


@pytest.mark.parametrize("connection", [TemporalConnection(tls=True), TemporalConnection(api_key="secret")])
def test_an_api_key_is_never_sent_in_the_clear(connection: TemporalConnection) -> None:
    assert tls_of(connection) is True


def test_certificates_reach_the_client_as_they_are(pair: Path) -> None:
    connection = TemporalConnection(
        ca_certificate=pair / "other.pem",
        client_certificate=pair / "ours.pem",
        client_key=pair / "ours.key",
        server_name="temporal.test",
    )
    assert tls_of(connection) == TLSConfig(
        server_root_ca_cert=(pair / "other.pem").read_bytes(),
        client_cert=(pair / "ours.pem").read_bytes(),
        client_private_key=(pair / "ours.key").read_bytes(),
        domain="temporal.test",
    )


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"ca_certificate": "gone.pem"},
            r"^temporal\.ca_certificate: .*gone\.pem cannot be read: No such file",
        ),
        ({"ca_certificate": "ours.key"}, r"^temporal\.ca_certificate: .* is not a PEM certificate\.$"),
        ({"client_certificate": "ours.pem"}, r"^temporal\.client_certificate needs temporal\.client_key"),
        ({"client_key": "ours.key"}, r"^temporal\.client_key needs temporal\.client_certificate"),
        (
            {"client_certificate": "ours.pem", "client_key": "other.key"},
            r"^temporal\.client_key: .* is not the",
        ),
    ],
    ids=["gone", "not a certificate", "no key", "no certificate", "another's key"],
)
def test_certificates_that_can_never_work_name_the_setting(pair: Path, files: dict[str, str], says: str) -> None:
    connection = TemporalConnection(**{name: pair / file for name, file in files.items()})  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=says):
        tls_of(connection)


def test_a_source_does_not_open_with_settings_that_can_never_work(tmp_path: Path) -> None:
    connection = TemporalConnection(ca_certificate=tmp_path / "gone.pem")
    with pytest.raises(SourceUnavailable, match=r"^clusters\.prod\.temporal\.ca_certificate: "):
        asyncio.run(TemporalApiSource().open(watched("127.0.0.1:7233", connection=connection)))


def test_a_client_carries_namespace_and_api_key() -> None:
    connection = TemporalConnection("temporal.test:7233", namespace="orders", api_key="secret")
    client = asyncio.run(connect(connection, lazy=True))
    assert client.namespace == "orders"
    assert client.service_client.config.api_key == "secret"
    assert client.service_client.config.tls is True


def test_the_plugins_checks_do_not_load_the_sdk() -> None:
    code = (
        "import sys, sre_copilot_temporal.checks, sre_copilot_temporal.settings;sys.exit('temporalio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
