"""Who asks Amazon Web Services, and in which region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from sre_copilot_aws.settings import AwsSettings
from sre_copilot_hookspecs import SourceUnavailable

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.session import Session


@attrs.frozen
class Identity:
    """What requests are signed with. Credentials that expire are renewed by the chain that found them."""

    session: Session
    credentials: Credentials
    region: str


def identify(settings: AwsSettings) -> Identity:
    """What the settings and the AWS chain say; may ask the instance it runs on, so call it in a thread.

    :raises SourceUnavailable: if there are no credentials, or no region.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session(profile=settings.profile)
    try:
        region = settings.region or session.get_config_variable("region")
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise SourceUnavailable(f"The AWS configuration cannot be used: {error}; check aws.profile.") from error
    if not region:
        raise SourceUnavailable("There is no AWS region to sign for; set aws.region.")
    if credentials is None:
        raise SourceUnavailable("No AWS credentials were found; give the copilot a role, or set aws.profile.")
    return Identity(session, credentials, str(region))
