"""What this distribution adds to the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter


@hookimpl
def copilot_adapters() -> Sequence[Adapter]:
    """Files for Amazon ECS."""
    from sre_copilot_aws.ecs import EcsAdapter

    return [EcsAdapter()]
