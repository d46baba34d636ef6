"""From connection settings to a client of a Temporal frontend."""

from __future__ import annotations

import ssl
from pathlib import Path

from temporalio.client import Client, Plugin
from temporalio.converter import DataConverter
from temporalio.service import TLSConfig
from whenever import TimeDelta

from sre_copilot_hookspecs import SettingsError, TemporalConnection


async def connect(
    connection: TemporalConnection,
    *,
    lazy: bool = False,
    setting: str = "temporal",
    connect_seconds: float | None = None,
    data_converter: DataConverter = DataConverter.default,
    plugins: tuple[Plugin, ...] = (),
) -> Client:
    """A client of the frontend that ``connection`` describes; certificate files are read again each time.

    :param lazy: connect with the first request. A lazy client cannot run workers.
    :param setting: where the connection stands in the settings, such as ``clusters.prod.temporal``.
    :param connect_seconds: limit for the TCP connection alone; bound the whole by a timeout of your own.
    :raises SettingsError: if the settings can never work: a malformed address, files that cannot be read
        or do not belong together. The text names the setting.
    :raises RuntimeError: if the frontend cannot be reached now. Trying again may help.
    """
    check_address(connection.address, f"{setting}.address")
    return await Client.connect(
        connection.address,
        namespace=connection.namespace,
        api_key=connection.api_key,
        tls=tls_of(connection, setting=setting),
        lazy=lazy,
        connect_timeout=None if connect_seconds is None else TimeDelta(seconds=connect_seconds).to_stdlib(),
        data_converter=data_converter,
        plugins=plugins,
    )


def check_address(address: str, setting: str) -> None:
    """Refuse an address that no frontend can have.

    :raises SettingsError: if it is not ``host:port``.
    """
    host, _, port = address.rpartition(":")
    right_host = host and not set(host) & set("/ \t@")
    right_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if right_host and right_port:
        return
    raise SettingsError(f"{setting} is {address!r}; write host:port, like temporal.example.com:7233.")


def tls_of(connection: TemporalConnection, *, setting: str = "temporal") -> TLSConfig | bool:
    """How the connection is encrypted: with these certificates, with the system's, or not at all.

    :raises SettingsError: if a certificate or key cannot be read, or they do not belong together.
    """
    certificate, key = connection.client_certificate, connection.client_key
    if (certificate is None) != (key is None):
        names = ("client_certificate", "client_key")
        given, lacking = names if key is None else names[::-1]
        raise SettingsError(f"{setting}.{given} needs {setting}.{lacking}: mutual TLS takes both files.")
    contents = {
        name: _read(path, f"{setting}.{name}")
        for name in ("ca_certificate", "client_certificate", "client_key")
        if (path := getattr(connection, name)) is not None
    }
    if not contents and connection.server_name is None:
        return connection.tls or connection.api_key is not None
    _check_authority(connection.ca_certificate, setting)
    _check_pair(certificate, key, setting)
    return TLSConfig(
        server_root_ca_cert=contents.get("ca_certificate"),
        client_cert=contents.get("client_certificate"),
        client_private_key=contents.get("client_key"),
        domain=connection.server_name,
    )


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{setting}: {path} cannot be read: {error.strerror}.") from error


def _check_authority(path: Path | None, setting: str) -> None:
    # The client looks into certificates only while connecting, when a bad file looks like a network fault.
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"{setting}.ca_certificate: {path} is not a PEM certificate.") from error


def _check_pair(certificate: Path | None, key: Path | None, setting: str) -> None:
    if certificate is None or key is None:
        return
    try:
        # An empty password, because without one OpenSSL would ask for it on the terminal.
        ssl.create_default_context().load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(
            f"{setting}.client_key: {key} is not the unencrypted PEM key of the certificate {certificate}."
        ) from error
