"""``sre-copilot explain state``: what is going on, why, and what to do."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from sre_copilot.cli.status import api_client
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.nearest import did_you_mean

if TYPE_CHECKING:
    from sre_copilot.cli.context import Context
    from sre_copilot.explain.status import StatusDocument
    from sre_copilot_hookspecs import Explanation

TEXT = "text"


def explain_state(
    *, at: str | None = None, cluster: str | None = None, medium: str = TEXT, api: str | None = None
) -> None:
    """Tell the state of a cluster, now or at an instant.

    :param at: an instant such as 2026-03-01T12:00:00Z; asks the database of the settings.
    :param cluster: may be left out where there is one.
    :param medium: key of a renderer: text, markdown, json, html, or one of a plugin.
    :param api: where the API is, instead of the settings' api.host and api.port; asked about now.
    :raises CopilotError: if there is nothing to explain, or nobody renders that way.
    """
    from sre_copilot.cli.context import load_context

    context = load_context(on_failure=None)
    render = _renderer(context, medium)
    explanation = _now(cluster, api) if at is None else _then(context, at, cluster)
    sys.stdout.write(render.render(explanation).rstrip("\n") + "\n")


def _renderer(context: Context, medium: str) -> Any:
    found = {entry.value.key: entry.value for entry in context.manager.collect("copilot_explain_renderers")}
    if medium not in found:
        known = ", ".join(sorted(found)) or "none is installed"
        raise CopilotError(
            f"--format {medium!r} is no renderer{did_you_mean(medium, sorted(found))}; there are: {known}"
        )
    return found[medium]


def _now(cluster: str | None, api: str | None) -> Explanation:
    from sre_copilot.explain.rows import explanation_of
    from sre_copilot.explain.status import ActionRow, ExplanationRow
    from sre_copilot.health.encoding import from_document

    document = api_client(api).document("/status", cluster=cluster)
    name = document["cluster"] or "no cluster"
    if document["observed_at"] is None or document["explanation"] is None:
        raise CopilotError(f"there is nothing to explain about {name} yet: {document['reason']}")
    actions = tuple(from_document(row, ActionRow) for row in document["recommended_actions"])
    told = explanation_of(from_document(document["explanation"], ExplanationRow), actions)
    return _aged(told, document) if document["stale"] else told


def _aged(told: Explanation, document: dict[str, Any]) -> Explanation:
    """The last explanation, which no longer speaks of now and says so."""
    import attrs

    from sre_copilot.health.sentences import quantity
    from sre_copilot_hookspecs import Unit

    age = quantity(document["age_seconds"], Unit.SECONDS)
    title = f"{document['cluster']} is unknown now; {age} ago: {told.title}"
    return attrs.evolve(told, title=title)


def _then(context: Context, at: str, cluster: str | None) -> Explanation:
    from whenever import Instant

    from sre_copilot.explain.rows import explanation_of

    try:
        instant = Instant.parse_iso(at)
    except ValueError as error:
        raise CopilotError(f"--at {at!r} is no instant; write it like 2026-03-01T12:00:00Z") from error
    status = asyncio.run(_status_before(context, instant, _one_cluster(context, cluster)))
    if status is None or status.explanation is None:
        raise CopilotError(f"nothing is known of {_one_cluster(context, cluster)} at or before {at}")
    return explanation_of(status.explanation, status.recommended_actions)


def _one_cluster(context: Context, cluster: str | None) -> str:
    names = [known.name for known in context.settings.clusters]
    if cluster is not None:
        return cluster
    if len(names) == 1:
        return names[0]
    raise CopilotError(f"say with --cluster which one: {', '.join(names) or 'none is set up'}")


async def _status_before(context: Context, at: Any, cluster: str) -> StatusDocument | None:
    from sre_copilot.cli.running import state_database
    from sre_copilot.store import Store

    database = state_database(context)
    if database is None:
        raise CopilotError("--at asks the database, and copilot.database_url is not set")
    async with await Store.open(database) as store:
        return await store.status_before(cluster, at)
