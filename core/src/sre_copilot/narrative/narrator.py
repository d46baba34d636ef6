"""Reads the log lines of one window, and says what they come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from whenever import Instant

from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.narrative.miner import Mined, Miner
from sre_copilot.narrative.novelty import Novelty, judge
from sre_copilot.narrative.pattern_set import PatternSet
from sre_copilot.narrative.redaction import Redactor
from sre_copilot.narrative.summary import Oddities, PatternCount, WindowSummary
from sre_copilot.narrative.tally import Tally
from sre_copilot_hookspecs import LogLine, LogLines, LogPattern, Severity

MOST_ROWS = 64
"""Rows of a summary. There are about as many patterns, and a log that shows them all says nothing."""

MOST_NEW = 16
"""New templates of a summary: who reads more of them at once has seen enough."""

MOST_SERVICES = 16
"""Services that are told apart. Temporal has four; a name is whatever a line says."""

LONGEST_LINE = 8192
"""Characters of a message that are looked at."""

SERIOUS = frozenset({"warn", "error", "fatal"})
"""Levels whose lines are mined where no pattern knows them."""

_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufffd\ud800-\udfff]")
_SEVERITIES = (Severity.SEVERE, Severity.WARNING, Severity.NOTICE)


class Narrator:
    """One window. Read its lines in any number of pieces, then ask for the summary once.

    Nothing a line says has any effect but to be counted: not its level, not its service, not its time.
    """

    def __init__(
        self,
        patterns: PatternSet,
        since: Instant,
        until: Instant,
        *,
        memory: MinerMemory | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        """:param until: not included.

        :param memory: of the window before, empty at first: then every template is new.
        """
        self._patterns = patterns
        self._since, self._until = since, until
        self._memory = memory or MinerMemory()
        self._redactor = redactor or Redactor()
        self._miner = Miner(self._redactor, self._memory)
        self._tallies: dict[tuple[int, str], Tally] = {}
        self._counted: dict[tuple[str, str], int] = {}
        self._services: dict[str, str] = {}
        self._newest = since
        self._lines = self._unmatched = 0
        self._future = self._late = self._garbled = self._cut = self._left_out = self._unreadable = 0
        self._problems: list[str] = []

    def add(self, chunk: LogLines) -> None:
        """Read a chunk with what its source says about it."""
        self.read(chunk.lines)
        self._left_out += chunk.left_out
        self._unreadable += chunk.unreadable
        if chunk.problem and chunk.problem not in self._problems:
            self._problems.append(chunk.problem)
        for counted in chunk.counts or ():
            key = (counted.pattern, self._service(counted.service))
            self._counted[key] = self._counted.get(key, 0) + max(0, counted.count)

    def read(self, lines: Iterable[LogLine]) -> None:
        """Read some lines."""
        known, tallies, services = self._patterns.known, self._tallies, self._services
        newest, until, seen = self._newest, self._until, 0
        for line in lines:
            seen += 1
            message, at = line.message, line.at
            if len(message) > LONGEST_LINE:
                self._cut += 1
                message = message[:LONGEST_LINE]
            if not message.isprintable() and _CONTROL.search(message):
                self._garbled += 1
                message = _CONTROL.sub(" ", message)
            if at >= until:
                self._future += 1
                at = until
            elif at < newest:
                self._late += 1
                at = max(at, self._since)
            else:
                newest = at
            found = known(message, line.service)
            if found:
                service = services.get(line.service)
                if service is None:
                    service = self._service(line.service)
                for index in found:
                    tally = tallies.get((index, service))
                    if tally is None:
                        tally = tallies[index, service] = Tally()
                    tally.count_line(message, line, at)
            elif line.level in SERIOUS:
                self._unmatched += 1
                self._miner.add(message, line, at)
        self._newest = newest
        self._lines += seen

    def window(self) -> WindowSummary:
        """What was read, in words that may be stored."""
        novelty = judge(self._memory, self._miner.mined(), self._until)
        rows = [*self._declared(), *self._new(novelty)]
        rows.sort(key=lambda row: (_SEVERITIES.index(row.severity), -row.count, row.key, row.service))
        return WindowSummary(
            since=self._since,
            until=self._until,
            lines=self._lines,
            patterns=tuple(rows[:MOST_ROWS]),
            memory=novelty.memory,
            oddities=Oddities(self._future, self._late, self._garbled, self._cut, self._left_out, self._unreadable),
            unmatched=self._unmatched,
            unmined=self._miner.unmined,
            problems=tuple(self._redactor.redact(problem) for problem in self._problems),
        )

    def _declared(self) -> Iterable[PatternCount]:
        patterns = self._patterns.patterns
        for (index, service), tally in self._tallies.items():
            counted = self._counted.pop((patterns[index].key, service), 0)
            yield self._row(patterns[index], service, tally, max(counted, tally.count))
        by_key = {pattern.key: pattern for pattern in patterns}
        for (key, service), count in self._counted.items():
            known = by_key.get(key)
            if known is None or not count or (known.services and service and service not in known.services):
                continue
            yield self._row(known, service, Tally(first_at=self._since, last_at=self._until), count)

    def _row(self, pattern: LogPattern, service: str, tally: Tally, count: int) -> PatternCount:
        first_at, last_at = tally.span(self._since, self._until)
        return PatternCount(
            key=pattern.key,
            service=service or (pattern.services[0] if len(pattern.services) == 1 else ""),
            severity=pattern.severity,
            count=count,
            template=self._redactor.generalize(tally.message, tally.attributes) or pattern.contains or pattern.key,
            sample=self._redactor.redact(tally.message, tally.attributes),
            first_at=first_at,
            last_at=last_at,
            means=pattern.means,
            remedy=pattern.remedy,
            supports=pattern.supports,
        )

    def _new(self, novelty: Novelty) -> Sequence[PatternCount]:
        found = sorted(novelty.new, key=lambda mined: (-mined.tally.count, mined.key))
        return [self._new_row(mined) for mined in found[:MOST_NEW]]

    def _new_row(self, mined: Mined) -> PatternCount:
        first_at, last_at = mined.tally.span(self._since, self._until)
        return PatternCount(
            key=mined.key,
            service=self._service(mined.service),
            severity=Severity.WARNING,
            count=mined.tally.count,
            template=mined.template,
            sample=self._redactor.redact(mined.tally.message, mined.tally.attributes),
            first_at=first_at,
            last_at=last_at,
            means="No parser knows this line.",
            remedy="Read it; declare a pattern for it if it is worth knowing.",
            new=True,
        )

    def _service(self, said: str) -> str:
        """A name for a service that may be stored: whatever does not look like one has none."""
        known = self._services.get(said)
        if known is not None:
            return known
        named = said if _SERVICE.fullmatch(said) and self._redactor.redact(said.upper()) == said.upper() else ""
        if len(self._services) < MOST_SERVICES:
            self._services[said] = named
            return named
        return ""
