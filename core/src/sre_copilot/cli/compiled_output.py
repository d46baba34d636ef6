"""The folder that ``sre-copilot compile --out`` writes: all of it or nothing of it, and nobody else's files.

The new folder is written beside the old one under a hidden name, and the two change places in one step. Whenever
the program is killed, the folder holds the whole old output or the whole new one; what is left beside it is tidied
up by the next compilation. A manifest in the folder lists what was written with its digest: by it the next
compilation knows its own files from those that somebody added or changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from sre_copilot.cli.folder_exchange import exchange
from sre_copilot_hookspecs.configuration import Artifact
from sre_copilot_hookspecs.errors import CopilotError

MANIFEST = ".sre-copilot-output.json"
"""The file that lists the others."""
FORMAT = "sre-copilot compiled output 1"
"""By which a manifest is told from any other JSON."""
UNFINISHED = ".sre-copilot-unfinished"
"""Stands in a folder while it is being written."""

WAIT = 20.0
"""Seconds to wait for another compilation beside this one. One takes well under a second."""
NAMED = 3
"""How many files a refusal names."""


class OutputRefused(CopilotError):
    """The folder may not or cannot be written."""


@attrs.frozen
class Output:
    """What became of the folder."""

    folder: Path
    files: tuple[str, ...]
    changed: bool
    """Whether anything differs from what stood there."""
    kept: Path | None = None
    """Where everything is now that stood there and was not ours alone."""


def write_output(folder: Path, artifacts: Iterable[Artifact], *, force: bool = False) -> Output:
    """Make a folder hold exactly these files.

    :param force: also where it holds something else. All of that is kept, as a folder beside it.
    :raises OutputRefused: if it holds what was not written here and ``force`` is not given, if it cannot be
        replaced, or if the system refuses; what stood there stands there still.
    """
    target = Path(os.path.realpath(folder))
    content = {artifact.path: artifact.content for artifact in artifacts}
    _refuse_places(folder, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(target.parent, folder):
            _tidy_up(target)
            strangers = _strangers(target)
            if strangers and not force:
                raise OutputRefused(_refusal(folder, target, strangers))
            if not strangers and _manifest(target) == _digests(content):
                return Output(folder, tuple(content), changed=False)
            return Output(folder, tuple(content), changed=True, kept=_replace(target, content))
    except OSError as error:
        raise OutputRefused(f"{folder} cannot be written: {error.strerror or error}") from error


def _refuse_places(folder: Path, target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise OutputRefused(f"{folder} is not a folder; name one that is to hold the files")
    above = next(parent for parent in target.parents if parent.exists())
    if not above.is_dir():
        raise OutputRefused(f"{folder} cannot be made, because {above} is a file")
    if os.path.ismount(target):
        raise OutputRefused(f"{folder} is a file system of its own, which cannot be replaced; name a folder in it")
    if Path(os.path.realpath(".")).is_relative_to(target):
        raise OutputRefused(f"you are in {folder}, and it is replaced as a whole; name a folder below, or go elsewhere")


def _refusal(folder: Path, target: Path, strangers: tuple[str, ...]) -> str:
    named = ", ".join(strangers[:NAMED])
    more = f" and {len(strangers) - NAMED} more" if len(strangers) > NAMED else ""
    what = "files added or changed since" if (target / MANIFEST).is_file() else "what sre-copilot did not write"
    return f"{folder} holds {what} ({named}{more}); name another folder, or say --force: all of it is kept beside it"


def _replace(target: Path, content: Mapping[str, bytes]) -> Path | None:
    fresh = Path(tempfile.mkdtemp(prefix=_prefix(target, "compiling"), dir=target.parent))
    try:
        _fill(fresh, content, like=target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if not target.exists():
        fresh.rename(target)
        return None
    try:
        if not exchange(fresh, target):
            _exchange_in_two_steps(fresh, target)
    except OSError:
        # Only then is it certain that nothing has changed places; an interruption is left to the next run.
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return _put_away(fresh, target)


def _fill(fresh: Path, content: Mapping[str, bytes], *, like: Path) -> None:
    (fresh / UNFINISHED).touch()
    for path, held in content.items():
        (fresh / path).parent.mkdir(parents=True, exist_ok=True)
        (fresh / path).write_bytes(held)
    manifest = json.dumps({"format": FORMAT, "files": _digests(content)}, indent=2)
    (fresh / MANIFEST).write_text(f"{manifest}\n")
    if like.exists():
        shutil.copymode(like, fresh)
    else:
        # Temporary folders are their owner's alone; this one is to be as any other.
        fresh.chmod(0o777 & ~_umask())
    (fresh / UNFINISHED).unlink()


def _exchange_in_two_steps(fresh: Path, target: Path) -> None:
    """Where folders cannot change places at once. Killed between the steps, the next run undoes the first."""
    held = target.with_name(fresh.name.replace(_prefix(target, "compiling"), _prefix(target, "held"), 1))
    target.rename(held)
    try:
        fresh.rename(target)
    except OSError:
        held.rename(target)
        raise
    held.rename(fresh)


def _put_away(old: Path, target: Path) -> Path | None:
    """Delete what was written here; keep anything else beside the folder."""
    if not _strangers(old):
        shutil.rmtree(old)
        return None
    number = 1
    while (kept := target.with_name(f"{target.name}.replaced-{number}")).exists():
        number += 1
    old.rename(kept)
    return kept


def _tidy_up(target: Path) -> None:
    """What compilations left that were killed. No other one is running, and nobody else uses these names."""
    for held in _siblings(target, "held"):
        if target.exists():
            _put_away(held, target)
        else:
            held.rename(target)
    for left in _siblings(target, "compiling"):
        if (left / UNFINISHED).exists() or not any(left.iterdir()):
            shutil.rmtree(left)
        else:
            _put_away(left, target)


def _siblings(target: Path, what: str) -> list[Path]:
    return sorted(target.parent.glob(f"{glob.escape(_prefix(target, what))}*"))


def _prefix(target: Path, what: str) -> str:
    return f".{target.name}.{what}-"


def _strangers(folder: Path) -> tuple[str, ...]:
    """Files in a folder that were not written here, or that somebody changed or took away."""
    if not folder.exists():
        return ()
    written = _manifest(folder)
    there = set(_files(folder)) - {MANIFEST}
    return tuple(
        sorted(
            path
            for path in there | set(written)
            if path not in there or path not in written or _digest_of(folder / path) != written[path]
        )
    )


def _files(folder: Path) -> Iterator[str]:
    """Everything but folders, by path; links are not followed."""
    for place, inner, files in os.walk(folder):
        links = [name for name in inner if (Path(place) / name).is_symlink()]
        for name in (*files, *links):
            yield (Path(place) / name).relative_to(folder).as_posix()


def _manifest(folder: Path) -> dict[str, str]:
    """Digests of what was written here by path; empty where there is no manifest, or one that is not ours."""
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or not isinstance(document.get("files"), dict)
    ):
        return {}
    return {str(path): str(digest) for path, digest in document["files"].items()}


def _digests(content: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(held).hexdigest() for path, held in content.items()}


def _digest_of(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "not a file"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _umask() -> int:
    present = os.umask(0o077)
    os.umask(present)
    return present


@contextlib.contextmanager
def _alone_in(parent: Path, folder: Path) -> Iterator[None]:
    """Keep other compilations beside this one waiting; the lock ends with the process at the latest."""
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        deadline = time.monotonic() + WAIT
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise OutputRefused(f"{folder}: another compilation has been writing beside it for {WAIT:.0f} seconds")
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: two compilations at once are then the user's to avoid.
        return True
    return True
