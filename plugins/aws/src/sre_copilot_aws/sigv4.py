"""Signatures for Amazon Managed Service for Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from sre_copilot_aws.identity import Identity, identify
from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import OutgoingRequest

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
        self._found: Identity | None = None

    def sign(self, request: OutgoingRequest) -> Mapping[str, str]:
        """The headers that carry the signature.

        :raises SourceUnavailable: if there are no credentials, or no region.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        identity = self._identity()
        kept = {name: value for name, value in request.headers.items() if name.lower() in _SIGNED}
        signed = AWSRequest(request.method, request.url, data=request.body, headers=kept)
        SigV4Auth(identity.credentials.get_frozen_credentials(), SERVICE, identity.region).add_auth(signed)
        return dict(signed.headers.items())

    def _identity(self) -> Identity:
        # Signatures are made in threads; finding credentials may ask the instance it runs on.
        with self._alone:
            if self._found is None:
                self._found = identify(self._settings)
            return self._found
