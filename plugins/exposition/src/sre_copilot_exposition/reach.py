"""Which targets answer for a metric, and why none does."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot_exposition.matching import target_test
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import Expr, Matcher, MatchOperator, Missing, MissingReason
from sre_copilot_hookspecs.wire import lack


@attrs.frozen
class Reach:
    """The targets that a value can be computed from."""

    views: tuple[TargetView, ...]
    notes: tuple[str, ...] = ()
    blind: Missing | None = None
    """Why having no series proves nothing: all targets of some role cannot answer now."""

    @property
    def foreign(self) -> bool:
        """Whether none of them is the kind of process it is taken for."""
        return all(view.foreign for view in self.views)


def speaking(reach: Reach, expression: Expr) -> Reach | Missing:
    """The targets whose dialect has a word for what an expression reads."""
    lacks = [lack(view.dialect, expression) for view in reach.views]
    able = tuple(view for view, why in zip(reach.views, lacks, strict=True) if not why)
    if not able:
        return Missing(MissingReason.NOT_EMITTED, lacks[0])
    return attrs.evolve(reach, views=able)


def selected(views: Sequence[TargetView], matchers: Sequence[Matcher], cluster: str) -> Reach | Missing:
    """Every target, up or down, that conditions on targets select; without such conditions all."""
    test = target_test(matchers)
    found = tuple(view for view in views if test(view.target.labels))
    if found:
        return Reach(found)
    role = _role(matchers)
    if any(view.target.role == role for view in views):
        return Missing(MissingReason.NO_DATA, f"No {role} target meets {', '.join(map(str, matchers))}.")
    setting = f"clusters.{cluster}.exposition.{role}"
    return Missing(MissingReason.NO_DATA, f"No metrics endpoint of a {role} is configured; set {setting}.")


def _role(matchers: Sequence[Matcher]) -> str:
    for matcher in matchers:
        if matcher.label == "role" and matcher.operator is MatchOperator.EQUAL:
            return matcher.value
    return "server"


def reached(views: Sequence[TargetView], matchers: Sequence[Matcher], cluster: str) -> Reach | Missing:
    """The selected targets that are up now. What a target said before it went down is void."""
    found = selected(views, matchers, cluster)
    if isinstance(found, Missing):
        return found
    up = tuple(view for view in found.views if view.up)
    down = [view for view in found.views if not view.up]
    if not up:
        return Missing(MissingReason.UNREACHABLE, _all_down(down))
    if not down:
        return Reach(up)
    note = f"{len(down)} of {len(found.views)} {_roles(found.views)}targets down"
    silent = silent_role(found.views, up)
    return Reach(up, (note,), Missing(MissingReason.UNREACHABLE, _all_down(silent)) if silent else None)


def silent_role(views: Sequence[TargetView], answering: Sequence[TargetView]) -> Sequence[TargetView]:
    """All targets of a role of which none answers; empty where every role has one that does."""
    roles = {view.target.role for view in answering}
    silent = [view for view in views if view.target.role not in roles]
    return [view for view in silent if view.target.role == silent[0].target.role]


def _all_down(down: Sequence[TargetView]) -> str:
    first = down[0]
    if len(down) == 1:
        return f"The {first.target.role} target {first.latest.error}."
    return f"All {len(down)} {_roles(down)}targets are down; {first.latest.error}."


def _roles(views: Sequence[TargetView]) -> str:
    roles = {view.target.role for view in views}
    return f"{roles.pop()} " if len(roles) == 1 else ""
