"""Signatures for Amazon Managed Service for Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import OutgoingRequest, SourceUnavailable

if TYPE_CHECKING:
    from botocore.credentials import Credentials

SERVICE = "aps"
"""What Amazon Managed Service for Prometheus is called in a signature."""

_SIGNED = ("content-type", "x-scope-orgid")
"""Headers of a request that are signed besides those that the signature itself brings. What proxies may change on
the way, such as Accept-Encoding, is left out."""


class SigV4Signer:
    """Signs with the credentials that the AWS chain finds: environment, profile, container or instance role.

    Nothing of AWS is loaded before the first signature. Credentials that expire are renewed by the chain itself.
    """

    key = "sigv4"

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings
        self._alone = threading.Lock()
        self._found: tuple[Credentials, str] | None = None

    def sign(self, request: OutgoingRequest) -> Mapping[str, str]:
        """The headers that carry the signature.

        :raises SourceUnavailable: if there are no credentials, or no region.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        credentials, region = self._identity()
        kept = {name: value for name, value in request.headers.items() if name.lower() in _SIGNED}
        signed = AWSRequest(request.method, request.url, data=request.body, headers=kept)
        SigV4Auth(credentials.get_frozen_credentials(), SERVICE, region).add_auth(signed)
        return dict(signed.headers.items())

    def _identity(self) -> tuple[Credentials, str]:
        # Signatures are made in threads; finding credentials may ask the instance it runs on.
        with self._alone:
            if self._found is None:
                self._found = self._look()
            return self._found

    def _look(self) -> tuple[Credentials, str]:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        session = Session(profile=self._settings.profile)
        try:
            region = self._settings.region or session.get_config_variable("region")
            credentials = session.get_credentials()
        except BotoCoreError as error:
            raise SourceUnavailable(f"The AWS configuration cannot be used: {error}; check aws.profile.") from error
        if not region:
            raise SourceUnavailable("There is no AWS region to sign for; set aws.region.")
        if credentials is None:
            raise SourceUnavailable("No AWS credentials were found; give the copilot a role, or set aws.profile.")
        return credentials, str(region)
