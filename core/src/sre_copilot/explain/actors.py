"""How each actor behaves, and which of them are innocent."""

from __future__ import annotations

from sre_copilot.explain.case import Case
from sre_copilot.explain.phrases import capital, joined, listed
from sre_copilot.health.decision import Bottleneck, PressureLevel, Progress, ServiceStatus
from sre_copilot_hookspecs import Mode, Paragraph

_HELD_UP = (Progress.BLOCKED, Progress.DEGRADED)
_SIDES = {
    Bottleneck.SERVER: "Work waits on the server's side.",
    Bottleneck.WORKER: "Work waits for the workers.",
    Bottleneck.MIXED: "Work waits on the server's side and for the workers.",
}


def actors(case: Case) -> Paragraph:
    """Every actor of the cluster in one paragraph: who is to blame, who suffers, who is innocent, who is unseen."""
    decision = case.decision
    blamed = case.blamed
    others = [status for status in decision.services if status is not blamed]
    suffering = [status for status in others if status.progress in _HELD_UP]
    unseen = [status for status in others if status.progress is Progress.UNKNOWN]
    moving = [status for status in others if status.progress is Progress.OK]
    sentences = (
        _blamed(case, blamed),
        _suffering(suffering, alone=blamed is None),
        _moving(case, moving),
        _pressed([status for status in moving if status.pressure is PressureLevel.HIGH]),
        f"Nothing can be said about {listed([status.name for status in unseen])}: too little is read."
        if unseen
        else "",
        _SIDES.get(decision.bottleneck, ""),
    )
    cited = [fact for status in decision.services if status in (blamed, *suffering) for fact in status.facts]
    return Paragraph("actors", "Who", joined(sentences), tuple(dict.fromkeys(cited)))


def _blamed(case: Case, status: ServiceStatus | None) -> str:
    cause = case.decision.cause
    if cause.key == "none":
        return ""
    if status is None:
        return f"It is about {case.service_name(cause.service)}, not about one of the services."
    if cause.carried:
        return ""
    if status.progress not in _HELD_UP:
        return f"It shows at {status.name}."
    why = next((said for fact in status.facts if (said := case.say(fact))), "")
    is_or_are = "are" if status.name.endswith("s") else "is"
    return joined((f"{status.name} {is_or_are} {status.progress.value}.", why))


def _suffering(statuses: list[ServiceStatus], *, alone: bool) -> str:
    if not statuses:
        return ""
    named = listed([f"{status.name} ({status.progress.value})" for status in statuses])
    return f"Held up: {named}." if alone else f"Held up as well: {named}."


def _moving(case: Case, statuses: list[ServiceStatus]) -> str:
    if not statuses:
        return ""
    if len(statuses) == len(case.decision.services):
        named = "All services"
    else:
        named = listed([status.name for status in statuses])
    if case.decision.mode is Mode.BLIND:
        return f"As far as can be seen, nothing holds up {named}."
    plural = len(statuses) > 1 or named.endswith("s")
    moves = "move" if plural else "moves"
    if case.decision.cause.key == "none":
        return f"{capital(named)} {moves} work forward."
    return f"{capital(named)} {moves} work forward and {'are' if plural else 'is'} not the cause."


def _unseen(statuses: list[ServiceStatus]) -> str:
    if not statuses:
        return ""
    return f"Nothing can be said about {listed([status.name for status in statuses])}: too little is read."


def _pressed(statuses: list[ServiceStatus]) -> str:
    if not statuses:
        return ""
    return f"Under pressure, without lost progress: {listed([status.name for status in statuses])}."
