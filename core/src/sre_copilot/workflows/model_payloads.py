"""How values travel where agents run: as everywhere else, and pydantic's classes besides.

This module loads pydantic-ai, so it is imported only where a model is configured. A process without models reads
what such a worker writes: both write the same JSON for the copilot's own classes.
"""

from __future__ import annotations

import dataclasses

from pydantic_ai.durable_exec.temporal import PydanticAIPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter

from sre_copilot.workflows.payloads import DATA_CONVERTER, AttrsConverter


class ModelPayloadConverter(PydanticAIPayloadConverter):
    """pydantic-ai's own converter, extended by attrs. Being a subclass of it, its plugin leaves it in place."""

    def __init__(self) -> None:
        converters = PydanticAIPayloadConverter().converters.values()
        CompositePayloadConverter.__init__(
            self, *(AttrsConverter(one) if one.encoding == "json/plain" else one for one in converters)
        )


MODEL_DATA_CONVERTER: DataConverter = dataclasses.replace(DATA_CONVERTER, payload_converter_class=ModelPayloadConverter)
"""For the workers that run agents, and for replaying what they did."""
