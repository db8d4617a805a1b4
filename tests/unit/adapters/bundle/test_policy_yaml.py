"""Policy files as bytes: YAML's traps are refused with a sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.adapters.bundle.policy_yaml import MAX_POLICY_BYTES, PolicyYamlError, read_policy_yaml


def test_a_plain_document_becomes_plain_values() -> None:
    assert read_policy_yaml(b"\xef\xbb\xbfa: 1\nb: [x, {c: 5%}]\n") == {
        "a": 1,
        "b": ["x", {"c": "5%"}],
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must hold fields"),
        (b"- a\n", "must hold fields"),
        (b"a: 1\n---\nb: 2\n", "Line 2"),
        (b"a: 1\na: 2\n", 'Line 2: "a" is given twice'),
        (b"a: {b: 1, b: 2}\n", '"b" is given twice'),
        (b"a: &x [1]\nb: *x\n", "Line 2 uses an alias"),
        (b"a: &x {b: 1}\nc:\n  <<: *x\n", "Line 3 uses an alias"),
        (b"1: a\n", "put the field name 1 in quotes"),
        (b"on: a\n", "put the field name True in quotes"),
        (b"? [a]\n: b\n", "in quotes"),
        (b"a: !!python/object/apply:os.system [ls]\n", "Line 1: this is not YAML as expected"),
        (b"a: [1\n", "this is not YAML"),
        (b"a: 2026-02-31\n", "impossible value"),
        (b"a: \x00\n", "characters that YAML does not allow"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a: " + b"[" * 20_000, "nested too deeply"),
        (b"a" * (MAX_POLICY_BYTES + 1), "larger than 64 KiB"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_is_no_policy_document_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(PolicyYamlError, match=words.replace("(", r"\(")):
        read_policy_yaml(content)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text("a:-[]{}&*!|>'\"#%@,? \n1", max_size=60).map(str.encode))
def test_any_bytes_give_a_document_or_a_sentence(content: bytes) -> None:
    document: object = {}
    sentence = "."
    try:
        document = read_policy_yaml(content)
    except PolicyYamlError as error:
        sentence = str(error)

    assert isinstance(document, dict)
    assert sentence.endswith(".")
