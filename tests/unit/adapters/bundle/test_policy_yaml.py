"""Policy files as bytes: YAML's traps are refused with a sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.adapters.bundle.policy_yaml import MAX_POLICY_BYTES, read_policy_yaml
from rollout.adapters.templates.plain_yaml import YamlFaultError


def test_a_plain_document_becomes_plain_values() -> None:
    assert read_policy_yaml(b"\xef\xbb\xbfa: 1\nb: [x, {c: 5%}]\n").value == {
        "a": 1,
        "b": ["x", {"c": "5%"}],
    }


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "must hold fields"),
        (b"- a\n", None, "must hold fields"),
        (b"a: 1\n---\nb: 2\n", 2, "not YAML as expected"),
        (b"a: 1\na: 2\n", 2, '"a" is given twice'),
        (b"a: {b: 1, b: 2}\n", 1, '"b" is given twice'),
        (b"a: &x [1]\nb: *x\n", 2, "An alias (*) is used"),
        (b"a: &x {b: 1}\nc:\n  <<: *x\n", 3, "An alias (*) is used"),
        (b"1: a\n", 1, "Put the field name 1 in quotes"),
        (b"on: a\n", 1, "Put the field name True in quotes"),
        (b"? [a]\n: b\n", 1, "in quotes"),
        (b"a: !!python/object/apply:os.system [ls]\n", 1, "the tag !!python/object/apply"),
        (b"a: [1\n", 2, "not YAML as expected"),
        (b"a: 2026-02-31\n", 1, "This value is impossible"),
        (b"a: \x00\n", None, "characters that YAML does not allow"),
        (b"\xff\xfe", None, "not UTF-8"),
        (b"a: " + b"[" * 20_000, 1, "nested too deeply"),
        (b"a" * (MAX_POLICY_BYTES + 1), None, "larger than 64 KiB"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_is_no_policy_document_is_refused_with_its_line(
    content: bytes, line: int | None, words: str
) -> None:
    with pytest.raises(YamlFaultError) as refused:
        read_policy_yaml(content)

    assert words in str(refused.value)
    assert refused.value.line == line


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text("a:-[]{}&*!|>'\"#%@,? \n1", max_size=60).map(str.encode))
def test_any_bytes_give_a_document_or_a_sentence(content: bytes) -> None:
    document: object = {}
    sentence = "."
    try:
        document = read_policy_yaml(content).value
    except YamlFaultError as error:
        sentence = str(error)

    assert isinstance(document, dict)
    assert sentence.endswith(".")
