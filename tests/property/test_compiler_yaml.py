"""What the YAML writer writes, another reader reads back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_hookspecs import DeclarationError
from sre_copilot_temporal.adapters.yaml_text import yaml_text

# Half characters have no encoding; everything else may stand in a text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
# Words and numbers that readers are known to take for something else.
TRAPS = st.sampled_from(
    [
        "no",
        "Yes",
        "on",
        "~",
        "null",
        "",
        " ",
        "1e3",
        "0x1F",
        "0o7",
        "12:30",
        "1_000",
        "-",
        "- a",
        "a: b",
        "#",
        "a #b",
        "%",
        "@",
        "`",
        "&a",
        "*a",
        "!!str",
        "|",
        ">",
        "{",
        "[]",
        "=",
        "<<",
        ".inf",
        "2026-11-22",
        "\ufeff",
        "\x85",
        "\u2028",
        "a\nb",
        "\t",
        "'",
        '"',
        "\\",
        "\\n",
        "${A:?b}",
        "😀",
        "\x00",
        "\x7f",
    ]
)
SCALARS = st.one_of(
    TEXTS, TRAPS, st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)
DOCUMENTS = st.dictionaries(
    TEXTS | TRAPS,
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS | TRAPS, inner), max_leaves=12),
)


@given(DOCUMENTS)
def test_a_reader_finds_the_same_values_of_the_same_types(document):
    found = yaml.safe_load(yaml_text(document))
    assert found == document
    assert typed(found) == typed(document)


@given(DOCUMENTS, st.lists(TEXTS | TRAPS), TEXTS | TRAPS)
def test_no_comment_changes_what_is_read(document, header, comment):
    commented = yaml_text(document, header=header, comments=dict.fromkeys(document, comment))
    assert yaml.safe_load(commented) == document


@given(DOCUMENTS)
def test_every_line_ends_and_none_trails(document):
    text = yaml_text(document)
    assert text.endswith("\n")
    assert not [line for line in text.split("\n") if line != line.rstrip(" ")]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes", "\ud800", {1: "a"}])
def test_what_has_no_spelling_is_refused(value):
    with pytest.raises(DeclarationError):
        yaml_text({"key": value})


def typed(value):
    """The types of everything in a document; 1, 1.0 and true are equal and not the same."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    return type(value)
