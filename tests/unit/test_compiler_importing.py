"""Taking over an environment: what it changes, what is said anyway, what a guard rail objects to, what nobody knows."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot.compiler.compiling import compile_request
from sre_copilot.compiler.dotenv import Variable, read_dotenv
from sre_copilot.compiler.importing import (
    BASE_PRESET,
    ImportKind,
    import_report,
    import_variables,
    process_variables,
)
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.request import Override, Request
from sre_copilot.plugins.manager import Manager
from sre_copilot_hookspecs import ENVIRONMENT, Emission, ValueSource
from tests.configurations import duration


def the_registry() -> Registry:
    manager = Manager.load()
    hooks = ("copilot_parameters", "copilot_presets", "copilot_modifiers", "copilot_guard_rails")
    return Registry.of(*(manager.collect(hook) for hook in hooks))


REGISTRY = the_registry()


def report_of(text: str, *overrides: Override, preset: str = BASE_PRESET):
    variables, problems = read_dotenv(text, "prod.env")
    assert problems == ()
    imported = import_variables(REGISTRY.parameters.values(), variables)
    compiled = compile_request(REGISTRY, Request(preset, overrides=(*imported.overrides, *overrides)))
    return imported, compiled, import_report(imported, compiled)


def kinds(notes) -> dict[str, ImportKind]:
    return {note.variable.split()[0]: note.kind for note in notes}


def test_a_variable_is_redundant_overruled_taken_or_nobodys():
    _, compiled, notes = report_of(
        "TEMPORAL_SQL_MAX_CONN_LIFETIME=3300s\n"  # what holds anyway, written otherwise
        "TEMPORAL_SQL_CONNECTION_TIMEOUT=20s\n"
        "DSQL_RESERVOIR_GUARD_WINDOW=30s\n"
        "DSQL_RESERVOIR_BASE_LIFETIME=\n"
        "TEMPORAL_SQL_HOST=somewhere\n"
        "DSQL_RESERVOIR_TARGET_REDY=5\n"
        "AWS_REGION=eu-west-1\n",
        Override("dsql.reservoir_guard_window", "40s"),
    )
    assert compiled.problems == ()
    assert kinds(notes) == {
        "TEMPORAL_SQL_CONNECTION_TIMEOUT": ImportKind.TAKEN,
        "TEMPORAL_SQL_MAX_CONN_LIFETIME": ImportKind.REDUNDANT,
        "DSQL_RESERVOIR_GUARD_WINDOW": ImportKind.OVERRULED,
        "DSQL_RESERVOIR_BASE_LIFETIME": ImportKind.EMPTY,
        "TEMPORAL_SQL_HOST": ImportKind.CONNECTION,
        "DSQL_RESERVOIR_TARGET_REDY": ImportKind.UNKNOWN,
    }


def test_a_derived_value_makes_a_variable_redundant_too():
    _, _, notes = report_of("TEMPORAL_SQL_MAX_CONNS=40\nTEMPORAL_SQL_MAX_IDLE_CONNS=40\n")
    assert kinds(notes) == {
        "TEMPORAL_SQL_MAX_CONNS": ImportKind.TAKEN,
        "TEMPORAL_SQL_MAX_IDLE_CONNS": ImportKind.REDUNDANT,
    }
    redundant = next(note for note in notes if note.kind is ImportKind.REDUNDANT)
    assert redundant.says.startswith(
        "TEMPORAL_SQL_MAX_IDLE_CONNS in prod.env says 40, as derived from persistence.maxConns does"
    )


def test_a_guard_rail_that_objects_is_told_with_the_variable():
    _, compiled, notes = report_of("TEMPORAL_SQL_MAX_CONNS=50\nTEMPORAL_SQL_MAX_IDLE_CONNS=5\n")
    assert [problem.rail for problem in compiled.problems] == ["max_idle_equals_max_conns"]
    assert set(kinds(notes).values()) == {ImportKind.CONFLICT}
    assert {note.variable.split()[0] for note in notes} == {"TEMPORAL_SQL_MAX_CONNS", "TEMPORAL_SQL_MAX_IDLE_CONNS"}


def test_what_was_imported_says_where_it_comes_from():
    _, compiled, _ = report_of("TEMPORAL_SQL_CONNECTION_TIMEOUT=20s\n")
    resolved = compiled.accepted().values["dsql.connection_timeout"]
    assert (resolved.value, resolved.source) == ("20s", ValueSource.ENVIRONMENT)
    assert resolved.by == "TEMPORAL_SQL_CONNECTION_TIMEOUT in prod.env"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("0", False), ("TRUE", True), ("false", False)])
def test_a_one_is_true_for_a_boolean_and_one_for_a_number(text, value):
    _, compiled, _ = report_of(f"DSQL_RESERVOIR_ENABLED={text}\nDSQL_RESERVOIR_INFLIGHT_LIMIT=1\n")
    assert compiled.configuration["dsql.reservoir_enabled"] is value
    assert compiled.configuration["dsql.reservoir_inflight_limit"] == 1


def test_a_text_that_does_not_fit_is_refused_by_the_variable_s_name():
    _, compiled, notes = report_of("TEMPORAL_SQL_MAX_CONNS=ten\nDSQL_RESERVOIR_BASE_LIFETIME=11\n")
    assert [problem.says.split(":")[0] for problem in compiled.problems] == [
        "TEMPORAL_SQL_MAX_CONNS in prod.env",
        "DSQL_RESERVOIR_BASE_LIFETIME in prod.env",
    ]
    assert notes == ()


def test_a_reference_to_another_variable_is_refused():
    imported, _, _ = report_of("TEMPORAL_SQL_MAX_CONNS=${POOL}\nPATH=$HOME/bin\n")
    assert len(imported.problems) == 1
    assert imported.problems[0].says.startswith("TEMPORAL_SQL_MAX_CONNS in prod.env refers to another variable")


def test_a_variable_that_counts_in_a_unit_becomes_a_duration():
    wait = duration("ledger.wait", "5m", Emission(ENVIRONMENT, "DSQL_LEDGER_WAIT", "min")).parameter
    variables, _ = read_dotenv("DSQL_LEDGER_WAIT=7\n", "prod.env")
    assert [override.value for override in import_variables([wait], variables).overrides] == ["7m"]


def test_one_variable_said_twice_alike_counts_once_and_differently_not_at_all():
    alike, compiled, _ = report_of("TEMPORAL_SQL_MAX_CONNS=20\nTEMPORAL_SQL_MAX_CONNS=20\n")
    assert len(alike.overrides) == 1
    assert compiled.configuration["persistence.maxConns"] == 20
    _, compiled, _ = report_of("TEMPORAL_SQL_MAX_CONNS=20\nTEMPORAL_SQL_MAX_CONNS=30\n")
    assert "is set twice" in compiled.problems[0].says


def test_no_secret_is_told():
    _, _, notes = report_of("TEMPORAL_SQL_PASSWORD=hunter2\nDSQL_TOKEN_OF_MINE=hunter2\n")
    assert len(notes) == 2
    assert not [note for note in notes if "hunter2" in note.says]
    _, problems = read_dotenv("hunter2\nTEMPORAL_SQL_PASSWORD: hunter2", "prod.env")
    assert [problem.says for problem in problems] == [
        "prod.env, line 1: not a variable; write it as NAME=value",
        "prod.env, line 2: not a variable; write it as NAME=value",
    ]


def test_a_process_environment_is_read_in_the_order_of_names():
    found = process_variables({"DSQL_B": "2", "DSQL_A": "1"})
    assert [variable.by for variable in found] == ["DSQL_A in the environment", "DSQL_B in the environment"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("A=b", "b"),
        ("export A = b ", "b"),
        ("A=b # said so", "b"),
        ("A=b#c", "b#c"),
        ("A=", ""),
        ("A=#", ""),
        ("A='b # \"c\"' # d", 'b # "c"'),
        ('A="b \\"c\\"\\n"', 'b "c"\n'),
        ("A=b=c", "b=c"),
        ("\ufeffA=b\r", "b"),
    ],
)
def test_a_line_is_read_as_docker_reads_it(line, text):
    variables, problems = read_dotenv(line, "f")
    assert [variable.text for variable in variables] == [text]
    assert problems == ()


@pytest.mark.parametrize("line", ["A", "=b", "1A=b", "A B=c", "A='b", 'A="b', "A='b'c", 'A="b"c', ": b"])
def test_other_lines_are_named_by_number(line):
    variables, problems = read_dotenv(f"# comment\n\n{line}\n", "f")
    assert variables == ()
    assert [problem.says for problem in problems] == ["f, line 3: not a variable; write it as NAME=value"]


@given(st.text())
def test_no_text_breaks_the_reader(text):
    read_dotenv(text, "f")


@given(st.text(st.characters(exclude_categories=["C"], exclude_characters="\u2028\u2029")))
def test_what_a_shell_quotes_is_read_back(text):
    if "'" not in text:
        variables, problems = read_dotenv(f"A={shlex.quote(text)}", "f")
        assert problems == ()
        assert variables == (Variable("A", text, "A in f", refers=variables[0].refers),)


def test_what_is_compiled_can_be_imported_again():
    """The environment of one deployment, laid over the same preset, changes nothing."""
    compiled = compile_request(REGISTRY, Request("high-throughput")).accepted()
    text = "".join(f"{emission.name}={resolved.value}\n" for emission, resolved in compiled.emitted(ENVIRONMENT))
    imported, again, notes = report_of(text, preset="high-throughput")
    assert {note.kind for note in notes} <= {ImportKind.REDUNDANT, ImportKind.EMPTY}
    assert imported.unknown == ()
    assert {key: value.value for key, value in again.accepted().values.items()} == {
        key: value.value for key, value in compiled.values.items()
    }
