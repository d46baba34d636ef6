"""Which declared patterns know a line: one scan for all of them, then a look at the few that may."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sre_copilot.narrative.literals import any_of, required_literals
from sre_copilot_hookspecs import LogPattern


class PatternSet:
    """All declared patterns, ready to be asked about many lines.

    A pattern that names services also knows a line that does not say who wrote it: most of what Temporal's
    history service logs has no service.
    """

    def __init__(self, patterns: Iterable[LogPattern]) -> None:
        """:param patterns: with keys that differ from each other, as the plugin manager makes sure."""
        self.patterns = tuple(patterns)
        literals: dict[str, list[int]] = {}
        self._unhinted: list[int] = []
        self._expressions: dict[int, re.Pattern[str]] = {}
        for index, pattern in enumerate(self.patterns):
            found = (pattern.contains.lower(),) if pattern.contains else required_literals(pattern.expression)
            if pattern.expression:
                self._expressions[index] = re.compile(pattern.expression, re.ASCII | re.IGNORECASE)
            for literal in found:
                literals.setdefault(literal, []).append(index)
            if not found:
                self._unhinted.append(index)
        self._scan = re.compile(any_of(literals)).search if literals else None
        # The scan finds the shortest literal at each place; longer ones that begin with it are looked at then.
        self._found = {
            literal: tuple((longer, tuple(literals[longer])) for longer in literals if longer.startswith(literal))
            for literal in literals
        }
        self._services = tuple(frozenset(pattern.services) for pattern in self.patterns)

    def known(self, message: str, service: str) -> tuple[int, ...]:
        """Positions in :attr:`patterns` of those that know the line, in order; mostly none or one."""
        lowered = message.lower()
        scan = self._scan
        hit = scan(lowered) if scan is not None else None
        if hit is None and not self._unhinted:
            return ()
        candidates = set(self._unhinted)
        while hit is not None and scan is not None:
            at = hit.start()
            for literal, indices in self._found[hit.group()]:
                if lowered.startswith(literal, at):
                    candidates.update(indices)
            # Literals may overlap, so the next one may begin within this one.
            hit = scan(lowered, at + 1)
        return tuple(index for index in sorted(candidates) if self._holds(index, message, service))

    def _holds(self, index: int, message: str, service: str) -> bool:
        services = self._services[index]
        if services and service and service not in services:
            return False
        expression = self._expressions.get(index)
        return expression is None or expression.search(message) is not None
