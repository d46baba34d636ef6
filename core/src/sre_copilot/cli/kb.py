"""``sre-copilot kb``: the runbooks, and who searches them."""

from __future__ import annotations

import asyncio
import json as writer
import sys
from collections.abc import Awaitable, Sequence
from typing import Annotated, TypeVar

import attrs
from cyclopts import App, Parameter

from sre_copilot.cli.context import Context, load_context
from sre_copilot.explain.assessment import PassageRow
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs import CopilotError, Ingestion, KnowledgeBase, Library, Retriever, SyncedDocument
from sre_copilot_hookspecs.nearest import did_you_mean

T = TypeVar("T")

SEARCH_DEADLINE = 20.0
"""Seconds that one search or listing may take."""

SYNC_DEADLINE = 600.0
"""Seconds that handing over documents may take."""

LONGEST_SHOWN = 600
"""Characters of a passage in the terminal; ``--json`` has all of it."""

app = App(name="kb", help="Search runbooks, and keep knowledge bases up to date.")

Of = Annotated[str | None, Parameter(name="--of")]


@app.command
def search(question: str, *, limit: int = 5, json: bool = False) -> int:
    """Find passages for a question, as an explanation would.

    :param question: in plain words.
    :param limit: passages at most.
    :param json: print JSON instead of text.
    :return: 1 if nothing was found, else 0.
    """
    from sre_copilot.assess.retrieval import retrieve

    if limit < 1:
        raise CopilotError(f"--limit {limit} is out of range; give at least 1.")
    context = load_context()
    retrievers = [declared.value for declared in _retrievers(context)]
    found = asyncio.run(retrieve(retrievers, question, deadline=SEARCH_DEADLINE))
    for problem in found.problems:
        sys.stderr.write(f"sre-copilot: {problem}\n")
    passages = found.passages[:limit]
    if json:
        sys.stdout.write(writer.dumps([attrs.asdict(passage) for passage in passages], indent=2) + "\n")
    else:
        _show(passages)
    return int(not passages)


@app.command
def sync(*, of: Of = None, json: bool = False) -> int:
    """Hand every guide over to a knowledge base, and tell what became of each.

    :param of: the retriever to hand them to, where there are several.
    :param json: print JSON instead of lines.
    :return: 1 if a guide could not be handed over, else 0.
    """
    context = load_context()
    key, base = _knowledge_base(context, of)
    done = asyncio.run(_within(SYNC_DEADLINE, _sync(context, base), key))
    if json:
        sys.stdout.write(writer.dumps([attrs.asdict(document) for document in done], indent=2) + "\n")
    else:
        for document in done:
            sys.stdout.write(f"{'✗' if document.problem else '✓'} {document.name or document.problem}\n")
            if document.name and document.problem:
                sys.stdout.write(f"  {document.problem}\n")
    return int(any(document.problem for document in done))


@app.command(name="start-ingestion")
def start_ingestion(*, of: Of = None, json: bool = False) -> int:
    """Make what was handed over searchable.

    :param of: the retriever to start it for, where there are several.
    :param json: print JSON instead of text.
    """
    key, base = _knowledge_base(load_context(), of)
    begun = asyncio.run(_within(SEARCH_DEADLINE, base.start_ingestion(), key))
    _tell([begun], json=json)
    if not json:
        sys.stdout.write(f"How it goes: sre-copilot kb status {begun.id} --of {key}\n")
    return 0


@app.command
def status(job: str | None = None, *, of: Of = None, json: bool = False) -> int:
    """Show the newest ingestion, or the one with an id.

    :param job: its id, as start-ingestion and list-jobs print it.
    :param of: the retriever to ask, where there are several.
    :param json: print JSON instead of text.
    """
    key, base = _knowledge_base(load_context(), of)
    jobs = asyncio.run(_within(SEARCH_DEADLINE, base.ingestions(limit=1 if job is None else 100), key))
    found = [one for one in jobs if job in (None, one.id)]
    if job is not None and not found:
        raise CopilotError(f"{key} knows no ingestion {job!r}{did_you_mean(job, [one.id for one in jobs])}")
    _tell(found, json=json)
    return 0


@app.command(name="list-jobs")
def list_jobs(*, of: Of = None, limit: int = 10, json: bool = False) -> int:
    """List ingestions, newest first.

    :param of: the retriever to ask, where there are several.
    :param limit: ingestions at most.
    :param json: print JSON instead of text.
    """
    if not 1 <= limit <= 100:
        raise CopilotError(f"--limit {limit} is out of range; give 1 to 100.")
    key, base = _knowledge_base(load_context(), of)
    _tell(asyncio.run(_within(SEARCH_DEADLINE, base.ingestions(limit=limit), key)), json=json)
    return 0


def _retrievers(context: Context) -> Sequence[Declared[Retriever]]:
    return context.manager.collect("copilot_retrievers", settings=context.settings)


async def _sync(context: Context, base: KnowledgeBase) -> Sequence[SyncedDocument]:
    libraries = [each.value for each in _retrievers(context) if isinstance(each.value, Library)]
    documents = [document for library in libraries for document in await library.documents()]
    return await base.sync(documents)


def _knowledge_base(context: Context, wanted: str | None) -> tuple[str, KnowledgeBase]:
    """The retriever that is meant: the named one, or the only one.

    :raises CopilotError: if there is none, none of that name, or a choice.
    """
    offered = {
        declared.value.key: declared.value
        for declared in _retrievers(context)
        if isinstance(declared.value, KnowledgeBase)
    }
    if not offered:
        raise CopilotError("No retriever takes in documents; see runbooks.built_in and runbooks.folders.")
    if wanted is None and len(offered) > 1:
        raise CopilotError(f"Several retrievers take in documents; name one with --of: {', '.join(sorted(offered))}.")
    if wanted is None:
        return next(iter(offered.items()))
    if wanted not in offered:
        raise CopilotError(f"there is no retriever {wanted!r} that takes in documents{did_you_mean(wanted, offered)}")
    return wanted, offered[wanted]


async def _within(seconds: float, asked: Awaitable[T], key: str) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError:
        raise CopilotError(f"{key} did not answer within {seconds:g} s.") from None


def _show(passages: Sequence[PassageRow]) -> None:
    for number, passage in enumerate(passages, start=1):
        text = passage.text if len(passage.text) <= LONGEST_SHOWN else f"{passage.text[:LONGEST_SHOWN]}…"
        sys.stdout.write(f"{number}. {passage.heading}  ({_place(passage)}, {passage.score:.2f})\n\n{text}\n\n")
    if not passages:
        sys.stdout.write("Nothing fits; use the words of a cause or a symptom.\n")


def _place(passage: PassageRow) -> str:
    return f"{passage.source}#{passage.anchor}" if passage.anchor else passage.source


def _tell(jobs: Sequence[Ingestion], *, json: bool) -> None:
    if json:
        sys.stdout.write(writer.dumps([_document(job) for job in jobs], indent=2) + "\n")
        return
    for job in jobs:
        started = job.started_at.format_iso(unit="second") if job.started_at else "-"
        counts = ", ".join(f"{number} {name}" for name, number in job.counts)
        sys.stdout.write(f"{job.id}  {job.status}  {started}  {counts}\n")
        for problem in job.problems:
            sys.stdout.write(f"  {problem}\n")
    if not jobs:
        sys.stdout.write("There was no ingestion yet; see sre-copilot kb start-ingestion.\n")


def _document(job: Ingestion) -> dict[str, object]:
    return {
        "id": job.id,
        "status": job.status,
        "started_at": job.started_at.format_iso() if job.started_at else None,
        "counts": dict(job.counts),
        "problems": list(job.problems),
    }
