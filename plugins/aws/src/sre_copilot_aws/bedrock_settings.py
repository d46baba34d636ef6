"""What can be set about a knowledge base on Amazon Bedrock."""

from __future__ import annotations

import re
from typing import Any

import attrs

_ID = re.compile(r"[0-9A-Za-z]{10}")
"""Ids of knowledge bases and data sources (Amazon Bedrock API reference, StartIngestionJob)."""


def _id(_: object, _attribute: attrs.Attribute[Any], value: str) -> None:
    if value and not _ID.fullmatch(value):
        raise ValueError("must have ten letters and digits, as ids on Amazon Bedrock do")


@attrs.frozen
class BedrockSettings:
    """The table ``[bedrock]``: the knowledge base that runbooks are looked up in. Region and credentials are
    those of ``[aws]``."""

    knowledge_base: str = attrs.field(default="", validator=_id)
    "Id of the knowledge base; empty to use none."
    data_source: str = attrs.field(default="", validator=_id)
    "Id of its data source on S3; empty where somebody else keeps it up to date."
    bucket: str = ""
    "Name of the bucket that the data source reads, and that guides are copied to."
    prefix: str = ""
    "What the names of the guides in the bucket begin with, such as runbooks/."

    @property
    def folder(self) -> str:
        """The prefix as names begin with it: empty, or with one slash at its end."""
        plain = self.prefix.strip("/")
        return f"{plain}/" if plain else ""
