"""How values travel through Temporal: attrs classes as canonical JSON, everything compressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    PayloadCodec,
)

from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.workflows.compression import pack, unpack

COMPRESSED = b"binary/zlib"
WORTHWHILE = 256
"""Bytes below which compression saves nothing that counts."""


class AttrsConverter(EncodingPayloadConverter):
    """JSON, with attrs classes and whenever's instants; what is neither is left to another converter."""

    def __init__(self, plain: EncodingPayloadConverter) -> None:
        self._plain = plain

    @property
    def encoding(self) -> str:
        """The same as of any other JSON, so that command line and web interface show it."""
        return self._plain.encoding

    def to_payload(self, value: Any) -> Payload | None:
        """The payload of ``value``, or ``None`` if it is no JSON."""
        if not attrs.has(type(value)):
            return self._plain.to_payload(value)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=to_json(value).encode())

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """The value of the hinted type.

        :raises cattrs.BaseValidationError: if the payload does not fit an attrs class.
        """
        if type_hint is not None and attrs.has(type_hint):
            return from_json(payload.data, type_hint)
        return self._plain.from_payload(payload, type_hint)


class CopilotPayloadConverter(CompositePayloadConverter):
    """Temporal's own converters, the one for JSON extended by attrs."""

    def __init__(self) -> None:
        super().__init__(
            *(
                AttrsConverter(converter) if converter.encoding == "json/plain" else converter
                for converter in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


class CompressionCodec(PayloadCodec):
    """Packs payloads with zlib where that makes them smaller."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads, packed where it helps."""
        return [_pack(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads, unpacked.

        :raises ValueError: if one is damaged, or larger than any the copilot made.
        """
        return [_unpack(payload) for payload in payloads]


def _pack(payload: Payload) -> Payload:
    whole = payload.SerializeToString()
    if len(whole) < WORTHWHILE:
        return payload
    packed = pack(whole)
    if len(packed) >= len(whole):
        return payload
    return Payload(metadata={"encoding": COMPRESSED}, data=packed)


def _unpack(payload: Payload) -> Payload:
    if payload.metadata.get("encoding") != COMPRESSED:
        return payload
    return Payload.FromString(unpack(payload.data))


DATA_CONVERTER = DataConverter(payload_converter_class=CopilotPayloadConverter, payload_codec=CompressionCodec())
"""For clients, workers and replay alike."""
