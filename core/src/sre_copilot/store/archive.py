"""An export: decisions with all they were made from, and readings in columns, in one compressed file.

Lines of JSON, compressed with gzip. The first names the format; a ruleset stands once, before the first decision
made with it; readings come in blocks with the decisions about them, if those are still kept; the last line counts,
so that a file that was cut off is not mistaken for a whole one.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import attrs
from whenever import Instant

from sre_copilot.health.columns import Columns, DamagedColumns, columnise
from sre_copilot.health.encoding import digest, from_document, from_json, to_json
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.store.rows import KeptReceipt
from sre_copilot_hookspecs import CopilotError, Reading

FORMAT = 1
"""Version of the file's form."""
KIND = "sre-copilot export"
AT_ONCE = 120
"""Cycles in a block."""

Line = dict[str, Any]


class UnusableExport(CopilotError):
    """A file that is no export, is damaged, or is of a later version."""


@attrs.frozen
class ArchivedCluster:
    """What an export has of one cluster."""

    name: str
    cycle_seconds: float


@attrs.frozen
class ArchivedBlock:
    """Consecutive cycles of one cluster."""

    columns: Columns
    receipts: tuple[tuple[str, Receipt], ...]
    """Each with the version of the engine that decided; empty where only the readings are kept."""


class ArchiveWriter:
    """Writes an export. Made by :func:`writing`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rulesets: set[str] = set()
        self._waiting: list[KeptReceipt] = []
        self.cycles = 0
        """Decisions written so far."""
        self.readings = 0
        """Readings written so far, those of the decisions among them."""

    def begin(self, clusters: Sequence[ArchivedCluster], since: Instant, until: Instant, made_by: str) -> None:
        """Write what the file is about."""
        self._line(
            {
                "kind": KIND,
                "format": FORMAT,
                "made_by": made_by,
                "since": since.format_iso(),
                "until": until.format_iso(),
                "clusters": {cluster.name: cluster.cycle_seconds for cluster in clusters},
            }
        )

    def knows(self, wanted: str) -> bool:
        """Whether the rules with a digest are written already."""
        return wanted in self._rulesets

    def add_ruleset(self, ruleset: Ruleset) -> None:
        """Write rules, which must come before the decisions that were made with them."""
        self._rulesets.add(digest(ruleset))
        self._line({"kind": "ruleset", "document": json.loads(to_json(ruleset))})

    def add_readings(self, columns: Columns) -> None:
        """Write readings whose decisions are not kept any more."""
        self._block(columns, [])

    def add_decisions(self, receipts: Sequence[KeptReceipt]) -> None:
        """Write decisions about one cluster, oldest first."""
        for first in range(0, len(receipts), AT_ONCE):
            part = receipts[first : first + AT_ONCE]
            documents = [json.loads(kept.text) for kept in part]
            readings = [from_document(document["observation"].pop("reading"), Reading) for document in documents]
            cycles = [{"engine": kept.engine, **document} for kept, document in zip(part, documents, strict=True)]
            self._block(columnise(readings), cycles)

    def end(self) -> None:
        """Write the count, without which the file is not whole."""
        self._line({"kind": "end", "cycles": self.cycles, "readings": self.readings})

    def _block(self, columns: Columns, cycles: list[Line]) -> None:
        self.cycles += len(cycles)
        self.readings += len(columns)
        packed = base64.b64encode(columns.pack()).decode()
        self._line({"kind": "block", "readings": packed, "decisions": cycles})

    def _line(self, line: Mapping[str, object]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """Write an export that appears under its name when it is whole, and not before.

    :raises CopilotError: if the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as stream:
                yield ArchiveWriter(stream)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as failure:
        raise CopilotError(f"{path} cannot be written: {failure.strerror or failure}") from failure
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


class Archive:
    """An export that is read. Every method goes through the file from its beginning."""

    def __init__(self, path: Path) -> None:
        """Look at the file's first line.

        :raises UnusableExport: if it is no export that this version can read.
        """
        self.path = path
        header = next(self._lines(), None)
        if header is None or header.get("kind") != KIND:
            raise UnusableExport(f"{path} is no export of sre-copilot; write one with sre-copilot export")
        if header.get("format") != FORMAT:
            raise UnusableExport(
                f"{path} is an export in format {header.get('format')}; this version reads format {FORMAT}"
            )
        try:
            self.since = Instant.parse_iso(header["since"])
            self.until = Instant.parse_iso(header["until"])
            self.clusters = tuple(
                ArchivedCluster(str(name), float(cycle)) for name, cycle in header["clusters"].items()
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnusableExport(f"{path} is a damaged export: its first line lacks {error}") from error

    def rulesets(self) -> dict[str, Ruleset]:
        """The rules in the file by digest."""
        return {name: ruleset for ruleset, _ in self._entries() if ruleset for name in [digest(ruleset)]}

    def blocks(self, cluster: str | None = None, *, decisions: bool = True) -> Iterator[ArchivedBlock]:
        """Readings and decisions, oldest first.

        :param cluster: of this cluster only.
        :param decisions: without them, which is much quicker, if false.
        :raises UnusableExport: where the file is damaged or cut off.
        """
        for _, block in self._entries(decisions=decisions):
            if block is not None and cluster in (None, block.columns.cluster):
                yield block

    def _entries(self, *, decisions: bool = False) -> Iterator[tuple[Ruleset | None, ArchivedBlock | None]]:
        readings, whole = 0, False
        for number, line in enumerate(self._lines(), 1):
            try:
                match line.get("kind"):
                    case "ruleset":
                        yield from_json(json.dumps(line["document"]), Ruleset), None
                    case "block":
                        block = _block(line, decisions=decisions)
                        readings += len(block.columns)
                        yield None, block
                    case "end":
                        whole = line["readings"] == readings
            except DamagedColumns as damage:
                raise UnusableExport(f"{self.path}, line {number}: {damage}") from damage
            except (KeyError, TypeError, ValueError, AttributeError, ExceptionGroup) as error:
                raise UnusableExport(f"{self.path} is damaged in line {number}: {_first_line(error)}") from error
        if not whole:
            raise UnusableExport(f"{self.path} is cut off: it does not hold all that was exported")

    def _lines(self) -> Iterator[Line]:
        try:
            with gzip.open(self.path, "rb") as stream:
                for line in stream:
                    found = json.loads(line)
                    if not isinstance(found, dict):
                        raise UnusableExport(f"{self.path} is no export of sre-copilot")
                    yield found
        except (gzip.BadGzipFile, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise UnusableExport(f"{self.path} is no export of sre-copilot, or is damaged") from error
        except (EOFError, zlib.error) as error:
            raise UnusableExport(f"{self.path} is cut off or damaged") from error
        except OSError as failure:
            raise UnusableExport(f"{self.path} cannot be read: {failure.strerror or failure}") from failure


def _block(line: Line, *, decisions: bool) -> ArchivedBlock:
    columns = Columns.unpack(base64.b64decode(line["readings"]))
    if not decisions or not line["decisions"]:
        return ArchivedBlock(columns, ())
    pairs = zip(columns.readings(), line["decisions"], strict=True)
    return ArchivedBlock(columns, tuple(_receipt(reading, document) for reading, document in pairs))


def _receipt(reading: Reading, document: Line) -> tuple[str, Receipt]:
    engine = document.pop("engine")
    # The reading is made already; a stub stands in for it while the rest is read.
    stub = {"at": reading.at.format_iso(), "cluster": reading.cluster, "samples": {}}
    receipt = from_document({**document, "observation": {**document["observation"], "reading": stub}}, Receipt)
    observation = attrs.evolve(receipt.observation, reading=reading)
    return engine, attrs.evolve(receipt, observation=observation)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
