"""What calls of models cost, where prices are known."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot.explain.assessment import ModelCall

_PROVIDERS = {"bedrock": "aws"}
"""Providers whose prices are listed under another name."""


def priced(calls: Sequence[ModelCall]) -> tuple[ModelCall, ...]:
    """The calls with an estimate in US dollars, from the list of prices that comes with pydantic-ai.

    A call without tokens, or by a model without a known price, has none.
    """
    return tuple(attrs.evolve(call, cost=_cost(call)) if call.input_tokens else call for call in calls)


def _cost(call: ModelCall) -> float | None:
    try:
        from genai_prices import Usage, calc_price  # only where a model answered
    except ImportError:
        return None
    provider, _, name = call.model.partition(":")
    usage = Usage(input_tokens=call.input_tokens, output_tokens=call.output_tokens)
    try:
        found = calc_price(usage, model_ref=name, provider_id=_PROVIDERS.get(provider, provider))
    except LookupError:
        return None
    return float(found.total_price)
