"""Redaction whatever the text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sre_copilot.narrative.redaction import LONGEST_READ, LONGEST_SAMPLE, Redactor
from tests.planted_secrets import ANYWHERE, PLANTED

REDACTOR = Redactor(["acme", "secret"])
PIECES = st.sampled_from(
    [text for text, _ in PLANTED.values()] + ["<uuid>", "<", ">", "=", ":", "://", "@", chr(34), chr(92), "acme"]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=8).map("".join)
VALUES = ("hunter-two", "hunter-five", "482915377120", "kX8vQ2mZr7Lw4TnYb1Hc6Jd9")


@given(TEXTS)
@example("password=<secret>")
@example("<uuid>/x/<uuid>/y/<uuid>")
def test_redacting_twice_changes_nothing(text: str) -> None:
    for redact in (REDACTOR.redact, REDACTOR.generalize):
        once = redact(text)
        assert redact(once) == once
        assert len(once) <= LONGEST_SAMPLE


@given(TEXTS)
def test_equal_texts_become_equal_texts(text: str) -> None:
    assert REDACTOR.redact(text) == Redactor(["secret", "acme"]).redact(text)


@given(st.sampled_from(ANYWHERE), st.text(max_size=40), st.text(max_size=40))
def test_a_secret_does_not_leak_whatever_surrounds_it(secret: str, before: str, after: str) -> None:
    value = next((value for value in VALUES if value in secret), secret)
    for text in (f"{before}{secret}{after}", f"{before} {secret} {after}"):
        # What follows a secret could be the same as the secret only by having been put there.
        if value in before or value in after:
            continue
        assert value not in REDACTOR.redact(text)
        assert value not in REDACTOR.generalize(text)


@given(st.text(alphabet="Aa1.:-_/@=\"' <", max_size=LONGEST_READ * 2))
def test_any_text_is_redacted(text: str) -> None:
    assert len(REDACTOR.redact(text)) <= LONGEST_SAMPLE
