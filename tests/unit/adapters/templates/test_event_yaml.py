"""YAML by libyaml's events: what it reads at all, PyYAML reads alike, with the same lines."""

import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollout.adapters.templates import plain_yaml
from rollout.adapters.templates.event_yaml import Limits, UnusualError, read_everyday

LIMITS = Limits(
    plain_yaml.MAX_DEPTH,
    plain_yaml.MAX_NODES,
    text_keys=False,
    check_number=plain_yaml._check_number,
)
SERVICE = Path(__file__).parents[4] / "services" / "fraud-detection"
SAMPLES = [(SERVICE / name).read_text() for name in ("rollout.yaml", "deployment.yml")]

PIECES = (
    *("a", "b: ", "- ", "? ", ": ", ":", "[", "]", "{", "}", ",", "\n", "\n  ", "\r\n", " ", "  "),
    *("'", '"', "|", "|-", "|2", ">", "> ", ">-", "#", " #", "1", "0x1", "1_0", "1:2", "017"),
    *(".nan", "1e3", "no", "null", "~", "2026-01-05", "<<", "=", "---", "...", "%", "@", "`", "é"),
    *("x y", "a: b", "\n- ", "- - ", "''", '""', "\n---\n", "-"),
)


@st.composite
def changed_samples(draw: st.DrawFn) -> str:
    """A part of a real file, with something put into it."""
    text = draw(st.sampled_from(SAMPLES))
    first = draw(st.integers(0, len(text)))
    part = text[first : first + draw(st.integers(0, 300))]
    at = draw(st.integers(0, len(part)))
    return part[:at] + draw(st.sampled_from(PIECES)) + part[at + draw(st.integers(0, 2)) :]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | changed_samples())
@example("a: [b? c]\n")
@example("a: |#\n  b\n")
@example("---\n")
def test_what_is_read_here_is_read_alike_by_pyyaml(text: str) -> None:
    try:
        value, lines = read_everyday(text, LIMITS)
    except UnusualError:
        return
    other = plain_yaml._any_document(text, aliases=True, text_keys=False)

    assert (repr(value), lines) == (repr(other.value), dict(other.lines))


@pytest.mark.parametrize("text", SAMPLES)
def test_the_files_of_a_usual_service_are_read_here(text: str) -> None:
    value, _ = read_everyday(text, LIMITS)

    assert value == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[a]",
        "a: &x 1\nb: *x\n",
        "a: !!str 1\n",
        "<<: {a: 1}\n",
        "a: 1\na: 2\n",
        "? [a]\n: 1\n",
        "a:\tb\n",
        "%YAML 1.1\n---\na: 1\n",
        "a: 1\n---\nb: 2\n",
        'a: "\\x41"\n',
        "a: 1\u2028b: 2\n",
        "a: 0x" + "f" * 90,
        "a: " + "[" * 60 + "]" * 60,
        "a: [" + "1," * plain_yaml.MAX_NODES + "]",
        "a: [",
    ],
)
def test_what_is_unusual_or_has_a_fault_is_left_to_pyyaml(text: str) -> None:
    with pytest.raises(UnusualError):
        read_everyday(text, LIMITS)


def test_a_field_name_that_is_no_text_is_left_to_pyyaml_where_text_is_asked_for() -> None:
    assert read_everyday("1: a\n", LIMITS)[0] == {1: "a"}
    with pytest.raises(UnusualError):
        read_everyday("1: a\n", Limits(50, 50, text_keys=True, check_number=LIMITS.check_number))


def test_without_libyaml_pyyaml_reads_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.raises(UnusualError):
        read_everyday("a: 1\n", LIMITS)


def test_the_locked_pyyaml_has_libyaml() -> None:
    assert yaml.__with_libyaml__


def test_whether_a_large_file_is_everyday_is_seen_in_little_memory() -> None:
    text = "a: b c d\n" * 50_000 + "\t"
    tracemalloc.start()
    try:
        with pytest.raises(UnusualError):
            read_everyday(text, LIMITS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(text)
