"""Passages of runbooks that fit a situation, from every retriever that answers in time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import attrs

from sre_copilot.assess.foreign import ask_within
from sre_copilot.explain.assessment import PassageRow
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.decision import Outcome
from sre_copilot.narrative.redacting import redacted
from sre_copilot.plugins.finding import what_happened
from sre_copilot_hookspecs import Cluster, Passage, Retriever

MOST = 5
"""Passages of one assessment."""
LONGEST = 4000
"""Characters of one passage that are kept."""
_WANTED = "What to do now"
"""The part of a guide that is looked for, beside what it is about."""


@attrs.frozen
class Retrieved:
    """What was found, and who could not be asked."""

    passages: tuple[PassageRow, ...] = ()
    problems: tuple[str, ...] = ()


def question(status: StatusDocument) -> str:
    """What is looked for: the cause, what fired, what presses, and what known log patterns mean.

    Nothing in it was written by a log line or a workload.
    """
    fired = [row.key for row in status.gates if row.outcome == Outcome.FIRED.value and row.level != "healthy"]
    words = [
        status.cause if status.cause != "none" else "",
        status.cause_says,
        *(key.replace(".", " ").replace("_", " ") for key in fired),
        *(finding.says for finding in status.findings),
        *(pattern.means for pattern in status.log_patterns),
    ]
    told = [word for word in words if word]
    return " ".join([*told, _WANTED]) if told else ""


async def retrieve(
    retrievers: Sequence[Retriever], query: str, *, deadline: float, cluster: Cluster | None = None
) -> Retrieved:
    """The best passages of all retrievers, at most :data:`MOST`.

    :param deadline: seconds for all of them together.
    """
    if not query:
        return Retrieved()
    answers = await asyncio.gather(*(_ask(retriever, query, deadline, cluster) for retriever in retrievers))
    problems = tuple(problem for _, problem in answers if problem)
    found = [
        PassageRow(
            one.source[:LONGEST], one.heading[:LONGEST], one.text[:LONGEST], one.score, one.anchor, retriever.key
        )
        for retriever, (passages, _) in zip(retrievers, answers, strict=True)
        for one in passages
    ]
    best = sorted(found, key=lambda passage: (-passage.score, passage.source, passage.heading))[:MOST]
    # A runbook may carry a password that somebody wrote down in a hurry.
    rows = tuple(attrs.evolve(one, heading=redacted(one.heading), text=redacted(one.text)) for one in best)
    return Retrieved(rows, problems)


async def _ask(
    retriever: Retriever, query: str, deadline: float, cluster: Cluster | None
) -> tuple[Sequence[Passage], str]:
    try:
        found = await ask_within(
            deadline, lambda: retriever.search(query, limit=MOST, cluster=cluster), name=f"retriever {retriever.key}"
        )
    except Exception as failure:  # noqa: BLE001 - foreign code; the answer is there without it
        return (), redacted(f"Retriever {retriever.key} found nothing: {what_happened(failure)}")
    return found, ""
