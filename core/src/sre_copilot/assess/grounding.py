"""Whether a text stays within what the rules decided: its states, causes, services, numbers and commands.

The checks look at words. They are strict on purpose: a good text that is refused costs a second attempt, a bad
one that passes would wake the wrong person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

import attrs

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.decision import Progress
from sre_copilot.health.sentences import written_name
from sre_copilot_hookspecs import CopilotError, Explanation, HealthState

LONGEST = 2000
"""Characters of one paragraph or factor. The rules' own are a quarter of that."""

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_NUMBER = re.compile(
    r"(?<![\w.])(\d+(?:[.,:]\d+)*)\s?(%|percent\b|ms\b|milliseconds?\b|seconds?\b|minutes?\b|hours?\b|min\b|/s\b"
    r"|[KMGT]iB\b|s\b|h\b|B\b)?",
)
_UNITS = {"percent": "%", "millisecond": "ms", "second": "s", "minute": "min", "hour": "h"}
_LARGE = re.compile(r"\b(?:dozens?|hundreds?|thousands?|millions?|billions?)\b")
_MARKUP = re.compile(
    r"[<>`{}\[\]\\|]|https?:|www\.|[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_PAST = re.compile(r"\b(?:was|were|been|being|from|formerly|previously)\s+$")
_SOOTHING = re.compile(
    r"\b(?:all|everything|the cluster|it) (?:is|looks|seems) (?:now )?(?:well|fine|good|healthy|normal|ok|okay)\b"
    r"|\bnothing (?:is|looks|seems) wrong\b|\ball (?:well|clear)\b|\bfalse alarm\b|\bno (?:problem|incident|outage)\b"
    r"|\bno action\b|\bnothing to do\b|\bstand down\b|\bignored?\b|\bresolved\b"
)
_COMMANDS = re.compile(
    r"\b(?:scal(?:e|ing)(?: it| them| the \w+| \w+)? (?:down|in|to zero)|restart\w*|reboot\w*|delet\w*|drop(?:ping)?"
    r"|terminat\w*|kill\w*|wip(?:e|ing)|truncat\w*|purg\w*|disabl\w*|turn(?:ing)? off|shut(?:ting)? down"
    r"|roll(?:ing)? back|reset\w*|silenc\w*)\b"
)
_BLAME = (
    r"(?:causes?|caused|causing|culprit|faulty?|blamed?|responsible|guilty|broken|failing|failed|fails|fail|blocked"
    r"|degraded|overloaded|saturated|stuck|down|dead|gone|crashed|crashing|bottleneck|slow|lost|unreachable|due to"
    r"|because of|comes from)"
)
_BLAMED = re.compile(rf"\b{_BLAME}\b")
_ACQUITTED = re.compile(rf"\b(?:is|are|was|were)\s+(?:not|never|neither)\s+(?:the\s+|a\s+|to\s+|at\s+)?{_BLAME}\b")

_STATES = tuple(state.value for state in HealthState if state is not HealthState.UNKNOWN)
"""``unknown`` is an everyday word; that a state is unknown asks for no model."""


class Ungrounded(CopilotError):
    """A model said something that the decision does not bear out; the text says what."""


@attrs.frozen
class Vocabulary:
    """Words with a meaning here, beside those of the document itself."""

    state: str = ""
    cause: str = ""
    causes: tuple[str, ...] = ()
    """Names of all known causes."""
    innocent: tuple[str, ...] = ()
    """Names of services that work and that nothing points at."""
    names: tuple[str, ...] = ()
    """Names that workloads chose, such as those of task queues. What they spell is said by nobody."""


NO_WORDS = Vocabulary()


def vocabulary_of(status: StatusDocument, causes: Iterable[str]) -> Vocabulary:
    """The words of one decision.

    :param causes: names of all known causes.
    """
    blamed = {issue.service for issue in status.issues if issue.resolved_at is None}
    written = " ".join(paragraph.text for paragraph in status.explanation.paragraphs) if status.explanation else ""
    innocent = (
        row.name
        for row in status.services
        if row.progress == Progress.OK.value and row.key not in blamed and f"shows at {row.name}" not in written
    )
    named = {written_name(value) for row in status.gates for value in row.where.values()}
    return Vocabulary(
        status.health_state, status.cause, tuple(dict.fromkeys(causes)), tuple(innocent), tuple(sorted(named - {""}))
    )


@attrs.frozen(slots=False)
class Ground:
    """What may be said about one decision."""

    document: Explanation
    vocabulary: Vocabulary = NO_WORDS

    def check(self, text: str) -> None:
        """Look at one paragraph or factor.

        :raises Ungrounded: naming the first thing that is not borne out.
        """
        if not text.strip() or len(text) > LONGEST:
            raise Ungrounded(f"A text of it has {len(text)} characters; from 1 to {LONGEST} are taken.")
        if found := _MARKUP.search(text):
            raise Ungrounded(f"It writes {found.group()!r}; plain sentences are taken.")
        self._check_numbers(text)
        for said in sentences(text):
            if said not in self._sentences:
                self._check_sentence(said)

    @cached_property
    def _text(self) -> str:
        own = self.document
        cells = (
            cell
            for paragraph in own.paragraphs
            if paragraph.table is not None
            for row in paragraph.table.rows
            for cell in row
        )
        return "\n".join((own.title, *(one.text for one in own.paragraphs), *(one.says for one in own.actions), *cells))

    @cached_property
    def _lowered(self) -> str:
        return self._without_names(self._text).lower()

    @cached_property
    def _sentences(self) -> frozenset[str]:
        return frozenset(sentences(self._text))

    @cached_property
    def _numbers(self) -> frozenset[tuple[str, str]]:
        return frozenset(_numbers(self._without_names(self._text)))

    def _without_names(self, text: str) -> str:
        # A name of digits alone might as well be an amount.
        names = [re.escape(name) for name in self.vocabulary.names if re.search(r"[^\W\d_]", name)]
        return re.sub(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", " ", text) if names else text

    def _check_numbers(self, text: str) -> None:
        known = {number for number, _ in self._numbers}
        for number, unit in _numbers(self._without_names(text)):
            if number not in known or (unit and (number, unit) not in self._numbers):
                shown = f"{number} {unit}".strip()
                raise Ungrounded(f"It gives a number, {shown[:40]}, that the document does not have.")
        large = _LARGE.search(text.lower())
        if large is not None and large.group() not in self._lowered:
            raise Ungrounded(f"It gives an amount, {large.group()}, that the document does not have.")

    def _check_sentence(self, said: str) -> None:
        words = self.vocabulary
        for state in _STATES:
            if state != words.state and not _all_past(state, said):
                raise Ungrounded(f"It says {state} of a cluster that is {words.state or 'not'}.")
        for cause in words.causes:
            if cause != words.cause and _names(cause, said):
                raise Ungrounded(f"It speaks of another cause: {cause}.")
        if (found := _SOOTHING.search(said)) is not None and found.group() not in self._lowered:
            raise Ungrounded(f"It plays down what was decided: {found.group()!r}.")
        for found in _COMMANDS.finditer(said):
            if found.group() not in self._lowered:
                raise Ungrounded(f"It tells to do what the document does not: {found.group()!r}.")
        accused = _BLAMED.search(_ACQUITTED.sub("", said))
        for service in words.innocent if accused is not None else ():
            if _names(service, said):
                raise Ungrounded(f"It blames {service}, which is innocent.")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in lower case, with single spaces."""
    return tuple(" ".join(one.lower().split()) for one in _SENTENCE_END.split(text) if one.strip())


def _numbers(text: str) -> Iterable[tuple[str, str]]:
    for number, unit in _NUMBER.findall(text):
        plain = unit.lower().rstrip("s") if len(unit) > 2 and unit.lower().rstrip("s") in _UNITS else unit
        yield number, _UNITS.get(plain, plain)


def _names(name: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", said) is not None


def _all_past(state: str, said: str) -> bool:
    """Whether a sentence names a state as past only, or not at all."""
    return all(_PAST.search(said[: found.start()]) for found in re.finditer(rf"\b{state}\b", said))
