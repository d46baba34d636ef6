"""How far a long command is, on a terminal and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[float, str], None]
"""Told the share that is done, 0 to 1, and what is counted, such as ``1,200 cycles``."""


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show on standard error how far ``what`` is; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _share, _counted: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), TextColumn("{task.fields[counted]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=1.0, counted="")
        yield lambda share, counted: shown.update(task, completed=share, counted=counted)
