"""Many questions in as few queries as the server accepts, usually one.

The members of a query are kept apart by a label. A query that the server finds too long is asked in halves;
so is one that it rejects, until the member at fault is found, which costs the others nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import attrs

from sre_copilot_hookspecs import Missing, MissingReason
from sre_copilot_prometheus.answers import Answer, Series
from sre_copilot_prometheus.failures import Blame, QueryFailed

MEMBER = "copilot_member"
"""The label that says which member of a query a series belongs to."""

_MOST_REQUESTS = 40
"""In one cycle: enough to find three faults among a hundred members."""

Ask = Callable[[str], Awaitable[Answer]]


@attrs.define
class Lessons:
    """What a server has taught us about itself, kept from cycle to cycle."""

    longest: int = 0
    """Bytes that a query may have; 0 while no query was too long."""
    rejected: dict[str, Missing] = attrs.field(factory=dict)
    """Members that it will not answer, whatever they are asked together with."""


@attrs.define
class Answers:
    """What is known of each member so far."""

    series: dict[str, list[Series]] = attrs.field(factory=dict)
    failed: dict[str, Missing] = attrs.field(factory=dict)
    warnings: dict[str, None] = attrs.field(factory=dict)


def union(members: Sequence[str]) -> str:
    """One query for all members."""
    return _joined([f'label_replace({query}, "{MEMBER}", "{number}", "", "")' for number, query in enumerate(members)])


def _joined(queries: Sequence[str]) -> str:
    # A balanced tree: in a chain the server would look at the first member's series again for every other member.
    return queries[0] if len(queries) == 1 else f"({' or '.join(map(_joined, _halves(queries)))})"


def batches(members: Sequence[str], longest: int) -> list[Sequence[str]]:
    """The members in as few queries as fit into ``longest`` bytes; 0 is no limit."""
    made: list[Sequence[str]] = []
    waiting = deque([members] if members else [])
    while waiting:
        part = waiting.popleft()
        if longest and len(part) > 1 and len(union(part).encode()) > longest:
            waiting.extendleft(reversed(_halves(part)))
        else:
            made.append(part)
    return made


def _halves(part: Sequence[str]) -> list[Sequence[str]]:
    middle = len(part) // 2
    return [part[:middle], part[middle:]]


async def ask_all(ask: Ask, members: Sequence[str], lessons: Lessons, answers: Answers) -> None:
    """Put every member to the server and note down the answers as they come."""
    known = {member: lessons.rejected[member] for member in members if member in lessons.rejected}
    answers.failed.update(known)
    waiting = deque(batches([member for member in dict.fromkeys(members) if member not in known], lessons.longest))
    requests = 0
    while waiting:
        part = waiting.popleft()
        if requests >= _MOST_REQUESTS:
            why = Missing(MissingReason.REJECTED, f"Prometheus rejected too many of this cycle's {requests} queries.")
            answers.failed.update(dict.fromkeys(part, why))
            continue
        requests += 1
        query = union(part)
        try:
            _note(await ask(query), part, answers)
        except QueryFailed as failure:
            if failure.blame is Blame.SERVER:
                for unasked in (part, *waiting):
                    answers.failed.update(dict.fromkeys(unasked, failure.missing))
                return
            if len(part) > 1:
                if failure.blame is Blame.SIZE:
                    lessons.longest = len(query.encode()) * 2 // 3
                waiting.extendleft(reversed(_halves(part)))
                continue
            answers.failed[part[0]] = failure.missing
            lessons.rejected[part[0]] = failure.missing


def _note(answer: Answer, part: Sequence[str], answers: Answers) -> None:
    answers.warnings.update(dict.fromkeys(answer.warnings))
    answers.series.update((member, []) for member in part)
    for series in answer.series:
        number = series.labels.get(MEMBER, "")
        if not number.isdecimal() or int(number) >= len(part):
            raise QueryFailed(MissingReason.REJECTED, "Prometheus answers with a series that belongs to no question.")
        answers.series[part[int(number)]].append(series)
