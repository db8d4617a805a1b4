"""YAML that other people wrote: plain values with their lines, or a sentence, at a bounded cost."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.adapters.templates.plain_yaml import (
    MAX_NODES,
    MAX_YAML_BYTES,
    YamlFaultError,
    line_of,
    read_yaml,
)

LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % ((98 + i, 98 + i) + (97 + i,) * 7)
    for i in range(9)
)


def test_fields_are_found_on_their_lines() -> None:
    document = read_yaml(b"a: 1\nb:\n  - x: 2\n    y: {z: 3}\n")

    assert document.value == {"a": 1, "b": [{"x": 2, "y": {"z": 3}}]}
    assert [line_of(document.lines, field) for field in ("a", "b[0].y.z", "b[0].new", "new")] == [
        1,
        4,
        3,
        1,
    ]


def test_aliases_and_merges_are_read_as_azure_reads_them() -> None:
    text = b"p: &p {period: 10}\nprobe: *p\nother:\n  <<: *p\n  timeout: 2\nday: 2026-01-05\n"

    assert read_yaml(text).value == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: !!bool maybe", "This value is impossible"),
        (b"a: !!timestamp nope", "the tag !!timestamp"),
        (b"a: !!binary aGk=", "the tag !!binary"),
        (b"a: !!set {x, y}", "the tag !!set"),
        (b"a: !!int ''", "is not a whole number"),
        (b"a: !!float ''", "This value is impossible"),
        (b"a: =", "the tag !!value"),
        (b"a: 1" + b":59" * 100_000, "to base 60"),
        (b"a: 1" + b":59" * 100_000 + b".5", "to base 60"),
        (b"a: 0x" + b"f" * 8000, "is too long"),
        (b"a: 9223372036854775808", "does not fit into 64 bits"),
        (b"a: 2026-02-31", "This value is impossible"),
        (LAUGHS, "holds more than 20,000 values"),
        (b"k: &k " + b"[" + b"x," * 900 + b"]\nm: [" + b"*k," * 900 + b"]", "holds more than"),
        (b"".join(b"k%d: v\n" % each for each in range(MAX_NODES)), "holds more than"),
        (b'a: "\\UFFFFFFFF"', "impossible character"),
        (b"a: &a [*a]", "repeats a value inside itself"),
        (b"? &a [*a]\n: 1\n", "repeats a value inside itself"),
        (b"a: " + b"[" * 100_000, "nested too deeply"),
        (b"- " * 30_000, "nested too deeply"),
        (b"a: 1\na: 2\n", "given twice"),
        (b"? [a]\n: b\n", "in quotes"),
        (b"#" * (MAX_YAML_BYTES + 1), "larger than 1024 KiB"),
        (b"\xff\xfe\x00\xd8", "not UTF-8"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_costs_too_much_or_has_no_plain_value_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(YamlFaultError, match=words):
        read_yaml(content)


def test_whole_numbers_of_64_bits_are_read() -> None:
    assert read_yaml(b"[9223372036854775807, 0b11, 0x1F, 010, 1_000]").value == [
        9223372036854775807,
        3,
        31,
        8,
        1000,
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60) | st.text("a:-[]{}&*!|>'\"#%@,? \n1=<~._xT", max_size=60).map(str.encode)
)
def test_any_bytes_give_what_azure_would_read_or_a_sentence(content: bytes) -> None:
    sentence = "."
    try:
        value = read_yaml(content).value
    except YamlFaultError as error:
        sentence = str(error)
    else:
        assert repr(value) == repr(yaml.safe_load(content.decode("utf-8-sig")))

    assert sentence.endswith(".")
