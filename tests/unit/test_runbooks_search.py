"""Searching runbooks: what a section is, what is found, and what happens when files change or are foreign."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_hookspecs import CheckOutcome, KnowledgeBase, Library
from sre_copilot_runbooks.checks import RunbookChecks
from sre_copilot_runbooks.library import LARGEST_FILE, Shelf, stock
from sre_copilot_runbooks.passages import LONGEST, sections
from sre_copilot_runbooks.retriever import LOOK_AGAIN, RunbookRetriever
from sre_copilot_runbooks.settings import RunbooksSettings

GUIDE = """\
---
causes: no_workers
---
# Workers are gone

First words.

## What to do

Start the workers again.

```sh
# this is no heading
systemctl start workers
```

### On Kubernetes

Scale the deployment.
"""


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "workers.md").write_text(GUIDE)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "database.md").write_text("# Slow database\n\nQueries wait for locks.\n")
    return tmp_path


def retriever(folder: Path, clock: Clock | None = None) -> RunbookRetriever:
    return RunbookRetriever([Shelf(folder, "ours")], clock=clock or Clock())


def search(asked: RunbookRetriever, question: str, limit: int = 5) -> list[tuple[str, str]]:
    return [(one.source, one.heading) for one in asyncio.run(asked.search(question, limit=limit))]


def test_a_section_is_named_by_the_headings_above_it() -> None:
    found = sections(GUIDE, "workers")
    assert [section.heading for section in found] == [
        "Workers are gone",
        "Workers are gone › What to do",
        "Workers are gone › What to do › On Kubernetes",
    ]
    assert "# this is no heading" in found[1].text
    assert {section.keys for section in found} == {("no_workers",)}


def test_an_anchor_is_what_renderers_of_markdown_make_of_a_heading() -> None:
    found = sections("before\n# A `b`: c, d-e?\nx\n## Next step\ny\n## Next step\nz\n# Größe\nw", "name")
    assert [section.anchor for section in found] == ["", "a-b-c-d-e", "next-step", "next-step-1", "größe"]


@given(st.text())
def test_any_text_comes_to_passages_of_bounded_size(text: str) -> None:
    assert all(0 < len(section.text) <= LONGEST for section in sections(text, "name"))


def test_a_long_section_loses_no_paragraph() -> None:
    paragraphs = [f"paragraph {number} " + "x" * 400 for number in range(30)]
    found = sections("# Long\n\n" + "\n\n".join(paragraphs), "long")
    assert len(found) > 1
    assert "\n\n".join(section.text for section in found).split("\n\n") == paragraphs


def test_what_fits_best_comes_first_whatever_form_a_word_has(folder: Path) -> None:
    asked = retriever(folder)
    assert search(asked, "worker starting")[0] == ("ours/workers.md", "Workers are gone › What to do")
    assert search(asked, "locked queries") == [("ours/deep/database.md", "Slow database")]
    assert len(search(asked, "workers", limit=1)) == 1


def test_one_document_does_not_keep_out_the_others_nor_leave_places_empty(tmp_path: Path) -> None:
    parts = "".join(f"## Part {number}\n\nworkers workers\n" for number in range(8))
    (tmp_path / "long.md").write_text(f"# Workers\n\n{parts}")
    asked = retriever(tmp_path)
    assert len(search(asked, "workers")) == 5
    (tmp_path / "other.md").write_text("# Queues\n\nNobody polls, so look at workers, hosts and much else.\n")
    sources = [source for source, _ in search(retriever(tmp_path), "workers", limit=4)]
    assert sources == ["ours/long.md"] * 3 + ["ours/other.md"]


def test_what_a_guide_says_it_is_about_is_found_as_key_and_in_words(folder: Path) -> None:
    asked = retriever(folder)
    for question in ("no_workers", "no workers at all"):
        assert search(asked, question)[0][0] == "ours/workers.md"


def test_scores_are_shares_and_the_same_every_time(folder: Path) -> None:
    asked = retriever(folder)
    twice = [asyncio.run(asked.search("workers and a slow database", limit=5)) for _ in range(2)]
    assert twice[0] == twice[1]
    assert all(0 < passage.score < 1 for passage in twice[0])


@pytest.mark.parametrize(
    "question", ["", "   ", "AND", '"', "heading:(", "text:[a TO", "* ?", "-", "a" * 100_000, "\x00\ud800"]
)
def test_no_question_is_wrong(folder: Path, question: str) -> None:
    assert isinstance(search(retriever(folder), question), list)


def test_files_that_change_are_read_again(folder: Path) -> None:
    clock = Clock()
    asked = retriever(folder, clock)
    assert search(asked, "certificates") == []
    (folder / "new.md").write_text("# Certificates\n\nRenew them.\n")
    assert search(asked, "certificates") == []
    clock.now += LOOK_AGAIN
    assert search(asked, "certificates") == [("ours/new.md", "Certificates")]
    (folder / "new.md").unlink()
    clock.now += LOOK_AGAIN
    assert search(asked, "certificates") == []


def test_what_cannot_be_read_is_named_and_the_rest_is_found(folder: Path) -> None:
    (folder / "binary.md").write_bytes(b"\xff\xfe\x00")
    (folder / "huge.md").write_text("x" * (LARGEST_FILE + 1))
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    (folder / "folder.md").mkdir()
    found = stock([Shelf(folder, "ours"), Shelf(folder / "missing", "missing")])
    said = " ".join(found.problems)
    assert all(name in said for name in ("binary.md", "huge.md", "missing"))
    assert len(found.problems) == 3
    assert search(retriever(folder), "workers")


def test_the_doctor_tells_what_can_be_found(folder: Path) -> None:
    class Chosen:
        def __init__(self, *folders: Path) -> None:
            self.runbooks = RunbooksSettings(folders, built_in=False)

        def section(self, _: type) -> RunbooksSettings:
            return self.runbooks

    (folder / "binary.md").write_bytes(b"\xff")
    good = asyncio.run(RunbookChecks().run(Chosen(folder)))  # type: ignore[arg-type]
    assert [result.outcome for result in good] == [CheckOutcome.OK, CheckOutcome.WARNING]
    (empty,) = asyncio.run(RunbookChecks().run(Chosen()))  # type: ignore[arg-type]
    assert empty.outcome is CheckOutcome.WARNING
    assert "runbooks.folders" in empty.says


def test_threads_may_search_at_once(folder: Path) -> None:
    asked = retriever(folder)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(search(asked, "workers"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert all(one == found[0] for one in found)


def test_a_passage_leads_back_to_its_place_in_its_document(folder: Path) -> None:
    asked = retriever(folder)
    assert isinstance(asked, Library)
    (passage,) = asyncio.run(asked.search("kubernetes", limit=1))
    assert (passage.source, passage.anchor) == ("ours/workers.md", "on-kubernetes")
    assert asyncio.run(asked.document(passage.source)) == GUIDE
    assert {each.source for each in asyncio.run(asked.documents())} == {"ours/workers.md", "ours/deep/database.md"}


@pytest.mark.parametrize("source", ["", "ours", "ours/../secret.md", "/etc/passwd", "ours/workers.md/..", "\x00"])
def test_no_other_file_can_be_read_as_a_document(folder: Path, source: str) -> None:
    (folder.parent / "secret.md").write_text("secret")
    assert asyncio.run(retriever(folder).document(source)) is None


def test_it_takes_in_its_files_as_any_knowledge_base_does(folder: Path) -> None:
    asked = retriever(folder)
    assert isinstance(asked, KnowledgeBase)
    assert {one.name for one in asyncio.run(asked.sync([]))} == {"ours/workers.md", "ours/deep/database.md"}
    begun = asyncio.run(asked.start_ingestion())
    assert dict(begun.counts) == {"files": 2, "passages": 4}
    (newest,) = asyncio.run(asked.ingestions(limit=10))
    assert newest == begun
