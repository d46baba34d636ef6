"""What ``sre-copilot compile`` says about its work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from sre_copilot.compiler.compiled import Compiled
from sre_copilot.compiler.registry import SURFACED
from sre_copilot.compiler.values import shown
from sre_copilot_hookspecs.configuration import Verdict
from sre_copilot_hookspecs.profile_document import profile_document
from sre_copilot_hookspecs.resolved import Configuration

if TYPE_CHECKING:
    from sre_copilot.cli.compiled_output import Output


@attrs.frozen
class Report:
    """One run of the command."""

    compiled: Compiled
    imported: tuple[dict[str, str], ...] = ()
    """What became of each imported variable: its kind, name, parameter, and a sentence."""
    problems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    output: Output | None = None
    """``None`` where nothing was written."""


def to_json(report: Report) -> str:
    """Everything, as one object."""
    configuration = report.compiled.configuration
    document = {
        "written": None if report.output is None else str(report.output.folder),
        "files": list(report.files),
        "imported": list(report.imported),
        "problems": list(report.problems),
        "profile": None if configuration is None or report.problems else profile_document(configuration),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_text(report: Report) -> str:
    """What a person wants to know, a line each."""
    configuration = report.compiled.configuration
    lines = [f"{note['kind']}: {note['says']}" for note in report.imported]
    if configuration is not None and not report.problems:
        lines = [*_summary(configuration), *lines, *_files(report)]
    return "\n".join(lines) + "\n"


def _summary(configuration: Configuration) -> Iterator[str]:
    modifier = "" if configuration.modifier is None else f", modifier {configuration.modifier.key}"
    yield f"{configuration.name}: preset {configuration.preset.key}{modifier}, {len(configuration.values)} values"
    surfaced = [value for value in configuration.values.values() if value.parameter.kind in SURFACED]
    width = max((len(value.key) for value in (*surfaced, *configuration.overrides)), default=0)
    for value in surfaced:
        yield f"  {value.key:<{width}}  {shown(value.value)} ({value.by})"
    for value in configuration.overrides:
        if value not in surfaced:
            before = shown(value.layers[-2].value)
            yield f"  {value.key:<{width}}  {shown(value.value)} ({value.by}, instead of {before})"
    for fired in configuration.fired:
        if fired.rail.verdict is Verdict.WARNING:
            yield f"warning: {fired.key}: {fired.says}"


def _files(report: Report) -> Iterator[str]:
    output = report.output
    if output is None:
        yield f"Nothing was written. With --out DIR it would be {len(report.files)} files:"
    elif output.changed:
        yield f"Wrote {len(report.files)} files to {output.folder}:"
    else:
        yield f"{output.folder} holds the same {len(report.files)} files already:"
    yield from (f"  {path}" for path in report.files)
    if output is not None and output.kept is not None:
        yield f"What was there before is kept as {output.kept}."
