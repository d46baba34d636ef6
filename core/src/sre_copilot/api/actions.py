"""``POST /actions``: the form of a request to act. Nobody acts yet."""

from __future__ import annotations

from typing import Any, NoReturn

import falcon

from sre_copilot.api.desk import Desk
from sre_copilot.api.documents import ActionRequest
from sre_copilot.api.parameters import Asked
from sre_copilot.api.schemas import schema_of


class _NotImplemented(falcon.HTTPNotImplemented):
    """Says which form an action has."""

    members: dict[str, Any]


async def actions(_desk: Desk, asked: Asked) -> NoReturn:
    """Understands an action, and says that nobody carries it out."""
    assert isinstance(asked.body, ActionRequest)
    refusal = _NotImplemented(
        title="Nobody acts",
        description="The copilot advises and does not act: no remediation plugin is installed that could"
        f" {asked.body.kind.value} {asked.body.target[:80]}. schema is the form that such a plugin would take.",
    )
    refusal.members = {"schema": schema_of(ActionRequest)}
    raise refusal
