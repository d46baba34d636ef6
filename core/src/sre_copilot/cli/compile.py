"""``sre-copilot compile``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

from sre_copilot.cli.compile_report import Report, to_json, to_text
from sre_copilot.cli.configuring import load_registry, read_text, refuse
from sre_copilot.compiler.artifacts import ALL, artifacts_of, unknown_choices
from sre_copilot.compiler.compiled import Compiled, Problem
from sre_copilot.compiler.compiling import compile_request
from sre_copilot.compiler.profile import previous_values
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.request import Override, Request
from sre_copilot.explain.configuration.composition import explain_composition
from sre_copilot_hookspecs.configuration import Value
from sre_copilot_hookspecs.errors import CopilotError

PROFILE = "profile.json"
"""The file of an output folder that says what it was compiled from."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def compile_(
    preset: str | None = None,
    /,
    *,
    modifier: Annotated[str | None, Parameter(alias="-m")] = None,
    overrides: Annotated[tuple[str, ...], Parameter(name="--set", negative=())] = (),
    sdk: str = ALL,
    platform: str = ALL,
    out: Path | None = None,
    name: str | None = None,
    from_env: Annotated[bool, Parameter(negative=())] = False,
    env_file: Path | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Compile a deployment's whole configuration from a preset, and write every file of it.

    Says what is wrong with all of it at once, and writes either everything or nothing.

    :param preset: a key that sre-copilot presets lists; starter where an environment is imported.
    :param modifier: a key that sre-copilot modifiers lists.
    :param overrides: KEY=VALUE, as often as needed: sets one parameter.
    :param sdk: write worker options for go, python or all.
    :param platform: write the environment for ecs, compose, helm or all.
    :param out: the folder to write; without it nothing is written.
    :param name: what the deployment is called; the preset and modifier where it is left out.
    :param from_env: take TEMPORAL_SQL_* and DSQL_* variables of this process as overrides.
    :param env_file: take those of an environment file.
    :param force: write to a folder that holds something else; it is kept beside it.
    :param dry_run: say what would be written, and write nothing.
    :param json: print JSON instead of text.
    """
    manager, registry = load_registry()
    adapters = manager.collect("copilot_adapters")
    chosen = {"sdk": sdk, "platform": platform}
    asked = _asked(registry, preset, modifier, overrides, name or "", from_env=from_env, env_file=env_file, out=out)
    compiled = compile_request(registry, asked.request)
    problems = (*asked.problems, *unknown_choices(adapters, chosen), *_sound(compiled, asked))
    report = Report(compiled, asked.notes(compiled), tuple(problem.says for problem in problems))
    if problems:
        sys.stdout.write(to_json(report) if json else to_text(report) if report.imported else "")
        refuse(problems)
    configuration = compiled.accepted()
    artifacts = artifacts_of(adapters, chosen, configuration, explain_composition(configuration, asked.rails))
    report = attrs.evolve(report, files=tuple(artifact.path for artifact in artifacts))
    if out is not None and not dry_run:
        from sre_copilot.cli.compiled_output import write_output

        report = attrs.evolve(report, output=write_output(out, artifacts, force=force))
    sys.stdout.write(to_json(report) if json else to_text(report))


@attrs.frozen
class _Asked:
    """What the command line says, and what is wrong with that before anything is compiled."""

    request: Request
    problems: tuple[Problem, ...]
    rails: int
    """How many guard rails there are."""
    imported: object = None

    def notes(self, compiled: Compiled) -> tuple[dict[str, str], ...]:
        """What became of each imported variable."""
        if self.imported is None:
            return ()
        from sre_copilot.compiler.importing import Imported, import_report

        assert isinstance(self.imported, Imported)
        return tuple(
            {"kind": note.kind.value, "variable": note.variable, "key": note.key, "says": note.says}
            for note in import_report(self.imported, compiled)
        )


def _asked(
    registry: Registry,
    preset: str | None,
    modifier: str | None,
    settings: Iterable[str],
    name: str,
    *,
    from_env: bool,
    env_file: Path | None,
    out: Path | None,
) -> _Asked:
    problems: list[Problem] = []
    overrides = list(_set_by_hand(settings, problems))
    imported = None
    if from_env or env_file is not None:
        from sre_copilot.compiler.dotenv import read_dotenv
        from sre_copilot.compiler.importing import BASE_PRESET, import_variables, process_variables

        variables = list(process_variables(os.environ)) if from_env else []
        if env_file is not None:
            try:
                found, wrong = read_dotenv(read_text(str(env_file)), str(env_file))
            except CopilotError as error:
                problems.append(Problem(f"--env-file: {error}"))
            else:
                variables += found
                problems += wrong
        imported = import_variables(registry.parameters.values(), variables)
        problems += imported.problems
        overrides = [*imported.overrides, *overrides]
        preset = preset or BASE_PRESET
    if preset is None:
        known = ", ".join(registry.presets)
        problems.append(Problem(f"compile needs a preset: {known}; or --from-env or --env-file"))
    if name and not _NAME.fullmatch(name):
        says = f"--name: {name!r} does not fit every platform; give up to 63 lower-case letters, digits and hyphens"
        problems.append(Problem(says))
    request = Request(preset or "", modifier, tuple(overrides), name, _previous(out))
    return _Asked(request, tuple(problems), len(registry.guard_rails), imported)


def _set_by_hand(settings: Iterable[str], problems: list[Problem]) -> Iterable[Override]:
    for text in settings:
        key, equals, value = text.partition("=")
        if equals and key.strip():
            yield Override(key.strip(), value)
        else:
            says = f"--set: {text!r} is not of the form KEY=VALUE, such as persistence.maxConns=40"
            problems.append(Problem(says))


def _previous(out: Path | None) -> dict[str, Value]:
    """The values of the profile that would be replaced; an unreadable one says nothing."""
    if out is None:
        return {}
    try:
        return previous_values((out / PROFILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return {}


def _sound(compiled: Compiled, asked: _Asked) -> tuple[Problem, ...]:
    """The compiler's problems, without what the command line has already said about a missing preset."""
    if asked.request.preset:
        return compiled.problems
    return tuple(problem for problem in compiled.problems if not problem.says.startswith("there is no preset ''"))
