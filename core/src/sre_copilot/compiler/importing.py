"""Taking over what a deployment already has in its environment.

A command uses three functions, in this order::

    variables = process_variables(os.environ)                     # --from-env
    variables, problems = read_dotenv(text, "prod.env")           # --env-file, from sre_copilot.compiler.dotenv
    imported = import_variables(registry.parameters.values(), variables)
    compiled = compile_request(registry, Request("starter", overrides=(*imported.overrides, *set_by_hand)))
    report = import_report(imported, compiled)

Problems of the file and ``imported.problems`` belong beside ``compiled.problems``: all are told together.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping

import attrs

from sre_copilot.compiler.compiled import Compiled, Problem
from sre_copilot.compiler.dotenv import Variable
from sre_copilot.compiler.request import Override
from sre_copilot.compiler.values import shown
from sre_copilot_hookspecs.configuration import ENVIRONMENT, Parameter, ParameterType, Value
from sre_copilot_hookspecs.durations import go_seconds_of
from sre_copilot_hookspecs.resolved import ResolvedValue, ValueSource

PREFIXES = ("TEMPORAL_SQL_", "DSQL_")
"""Variables that belong to Temporal's persistence, whether a parameter knows them or not."""

BASE_PRESET = "starter"
"""The preset that an environment is laid over where nobody names one."""

CONNECTION = frozenset(
    {
        "TEMPORAL_SQL_AWS_REGION",
        "TEMPORAL_SQL_DATABASE",
        "TEMPORAL_SQL_HOST",
        "TEMPORAL_SQL_IAM_AUTH",
        "TEMPORAL_SQL_PASSWORD",
        "TEMPORAL_SQL_PLUGIN",
        "TEMPORAL_SQL_PLUGIN_NAME",
        "TEMPORAL_SQL_PORT",
        "TEMPORAL_SQL_TLS_ENABLED",
        "TEMPORAL_SQL_USER",
    }
)
"""Variables that say where the database is and who asks it: no parameter may know them, and no profile holds them."""

_UNITS = {"s": "s", "min": "m"}
"""How Go writes the units in which a variable may count."""


@attrs.frozen
class Imported:
    """An environment, sorted by what the compiler can do with it."""

    overrides: tuple[Override, ...]
    connection: tuple[Variable, ...] = ()
    """They stay where they are."""
    empty: tuple[Variable, ...] = ()
    """They are set to nothing, which for anything but a text means: not set."""
    unknown: tuple[Variable, ...] = ()
    """No parameter is emitted under this name."""
    problems: tuple[Problem, ...] = ()


class ImportKind(enum.Enum):
    """What is to be said about a variable."""

    TAKEN = "taken"
    """It changes a value."""
    REDUNDANT = "redundant"
    """It says what would hold without it."""
    OVERRULED = "overruled"
    """Something on the command line outweighs it."""
    CONFLICT = "conflict"
    """A guard rail objects to it."""
    EMPTY = "empty"
    CONNECTION = "connection"
    UNKNOWN = "unknown"


@attrs.frozen
class ImportNote:
    """One variable of an imported environment."""

    kind: ImportKind
    variable: str
    """Its name and where it was found; never its text, which may be a secret."""
    says: str
    """What became of it and what to do, as one sentence."""
    key: str = ""
    """The parameter it sets, or empty."""


def process_variables(environment: Mapping[str, str]) -> tuple[Variable, ...]:
    """The variables of a process that may concern a deployment, by name."""
    return tuple(Variable(name, environment[name], f"{name} in the environment") for name in sorted(environment))


def import_variables(parameters: Iterable[Parameter], variables: Iterable[Variable]) -> Imported:
    """Turn variables into overrides, each of the parameter that is emitted under its name.

    Variables that neither a parameter nor :data:`PREFIXES` knows are somebody else's and are passed over. One that is
    said twice alike counts once; the compiler refuses two that differ.
    """
    known = _by_variable(parameters)
    sorted_out: dict[str, list[Variable]] = {"connection": [], "empty": [], "unknown": []}
    overrides: list[Override] = []
    problems: list[Problem] = []
    for variable in _once(variables):
        found = known.get(variable.name)
        if found is None:
            if variable.name.startswith(PREFIXES):
                sorted_out["connection" if variable.name in CONNECTION else "unknown"].append(variable)
            continue
        parameter, unit = found
        if not variable.text and parameter.type is not ParameterType.TEXT:
            sorted_out["empty"].append(variable)
        elif variable.refers:
            says = f"{variable.by} refers to another variable, which is not known here; write its value instead"
            problems.append(Problem(says, (parameter.key,)))
        else:
            text = variable.text + _UNITS[unit] if unit and variable.text.isdecimal() else variable.text
            overrides.append(Override(parameter.key, text, variable.by, ValueSource.ENVIRONMENT))
    return Imported(
        tuple(overrides), **{name: tuple(found) for name, found in sorted_out.items()}, problems=tuple(problems)
    )


def _by_variable(parameters: Iterable[Parameter]) -> dict[str, tuple[Parameter, str]]:
    return {
        emission.name: (parameter, emission.unit)
        for parameter in parameters
        for emission in parameter.emissions(ENVIRONMENT)
    }


def _once(variables: Iterable[Variable]) -> Iterator[Variable]:
    seen: set[tuple[str, str]] = set()
    for variable in variables:
        said = (variable.name, variable.text)
        if said not in seen:
            seen.add(said)
            yield variable


def import_report(imported: Imported, compiled: Compiled) -> tuple[ImportNote, ...]:
    """What became of every variable: those that were taken first, then the others by kind.

    :param compiled: from a request with these overrides.
    """
    objections = _objections(compiled)
    values = {} if compiled.configuration is None else compiled.configuration.values
    unsound = {key for problem in compiled.problems if not problem.rail for key in problem.keys}
    settings = [
        note
        for override in imported.overrides
        if override.key not in unsound
        for note in _about(override, values.get(override.key), objections.get(override.key, ()))
    ]
    order = list(ImportKind)
    return (
        *sorted(settings, key=lambda note: order.index(note.kind)),
        *(
            ImportNote(ImportKind.EMPTY, variable.by, f"{variable.by} is empty, which counts as not set.")
            for variable in imported.empty
        ),
        *(
            ImportNote(
                ImportKind.CONNECTION,
                variable.by,
                f"{variable.by} says where the database is, not how large anything is; leave it where it is.",
            )
            for variable in imported.connection
        ),
        *(
            ImportNote(
                ImportKind.UNKNOWN,
                variable.by,
                f"No parameter knows {variable.by}; check its spelling, or keep it outside of what is compiled.",
            )
            for variable in imported.unknown
        ),
    )


def _objections(compiled: Compiled) -> dict[str, tuple[str, ...]]:
    """By parameter, what guard rails say about it; those that only warn too."""
    said: dict[str, tuple[str, ...]] = {}
    fired = () if compiled.configuration is None else compiled.configuration.fired
    for guard_rail in fired:
        for key in guard_rail.rail.inputs:
            said[key] = (*said.get(key, ()), f"{guard_rail.key}: {guard_rail.says}")
    return said


def _about(override: Override, resolved: ResolvedValue | None, objections: tuple[str, ...]) -> Iterator[ImportNote]:
    if resolved is None:
        return
    position = next(
        (index for index, layer in enumerate(resolved.layers) if layer.source is ValueSource.ENVIRONMENT), None
    )
    if position is None:
        return
    here, before = resolved.layers[position], resolved.layers[position - 1]
    for objection in objections if resolved.layers[-1] is here else ():
        says = f"{override.by} sets {override.key} to {shown(here.value)}; guard rail {objection}"
        yield ImportNote(ImportKind.CONFLICT, override.by, says, override.key)
    if resolved.layers[-1] is not here:
        says = (
            f"{override.by} sets {override.key} to {shown(here.value)}, but {resolved.by} says {shown(resolved.value)}."
        )
        yield ImportNote(ImportKind.OVERRULED, override.by, says, override.key)
    elif _equal(here.value, before.value, resolved.parameter.type):
        says = f"{override.by} says {shown(here.value)}, as {before.by} does; it can go."
        yield ImportNote(ImportKind.REDUNDANT, override.by, says, override.key)
    elif not objections:
        says = f"{override.by} sets {override.key} to {shown(here.value)}; {before.by} would say {shown(before.value)}."
        yield ImportNote(ImportKind.TAKEN, override.by, says, override.key)


def _equal(one: Value, other: Value, kind: ParameterType) -> bool:
    """Durations are equal when they are as long, however they are written."""
    if kind is ParameterType.DURATION:
        return go_seconds_of(str(one)) == go_seconds_of(str(other))
    return one == other
