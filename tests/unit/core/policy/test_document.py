"""The published JSON Schema: it accepts and refuses what the parser does."""

import copy
import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.policy.compounds import ListOf
from rollout.core.policy.document import (
    ALERT,
    CREATE,
    MODEL,
    ROLLBACK,
    STAGE,
    VALIDATE,
    WORKSPACE,
    policy_schema,
)
from rollout.core.policy.gate_document import GATE
from rollout.core.policy.probes_document import PROBES
from rollout.core.policy.quality_document import QUALITY
from rollout.core.policy.values import Faults, Kind, duration_text
from tests.support.paths import PROJECT
from tests.support.policy_documents import BAD_SHAPES, FULL_DOCUMENT, a_document, shape_faults

VALIDATOR = jsonschema.Draft202012Validator(policy_schema())


def test_the_published_file_is_the_schema() -> None:
    published = json.loads((PROJECT / "docs" / "rollout.schema.json").read_text())

    assert published == policy_schema()


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema())


@pytest.mark.parametrize("document", [a_document(), FULL_DOCUMENT])
def test_good_documents_are_accepted(document: dict[str, Any]) -> None:
    VALIDATOR.validate(document)


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [bad for bad in BAD_SHAPES if shape_faults(a_document(**bad[0]))],
)
def test_documents_with_a_faulty_shape_are_refused(
    change: dict[str, Any], place: str, words: str
) -> None:
    document = a_document(**change)
    # An editor's schema check reads a line break at the end of a pattern as its end.
    assert not VALIDATOR.is_valid(document) or "\n" in str(document["endpoint"])


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        found += _paths(item, (*path, key))
    return found


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 200),
    st.floats(-1, 200, allow_nan=False),
    st.sampled_from(["", "10m", "0s", "0h", "007m", "999999m", "99d", "5ms", "5M", "1h30m"]),
    st.sampled_from(["5%", "5.5%", "100%", "100.0%", "100.1%", "5 %", "%", "hold", "replace"]),
    st.sampled_from(["template", "copy", "manual", "a-b", "ab", "x.y", "x..y", "-a", "a\tb"]),
    st.just([]),
    st.just({}),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_paths(FULL_DOCUMENT)), SCALARS)
def test_parser_and_schema_agree_when_any_one_value_is_replaced(
    path: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(FULL_DOCUMENT)
    parent: Any = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value

    assert VALIDATOR.is_valid(document) == (shape_faults(document) == ())


@settings(max_examples=100, deadline=None)
@given(path=st.sampled_from(_paths(FULL_DOCUMENT)), change=st.sampled_from(["remove", "add"]))
def test_parser_and_schema_agree_when_a_field_is_missing_or_extra(
    path: tuple[Any, ...],
    change: str,
) -> None:
    document = copy.deepcopy(FULL_DOCUMENT)
    parent: Any = document
    for key in path[:-1]:
        parent = parent[key]
    if change == "remove" or isinstance(parent, list):
        del parent[path[-1]]
    else:
        parent["unheard_of"] = 1

    assert VALIDATOR.is_valid(document) == (shape_faults(document) == ())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_reading_any_json_value_never_raises(value: Any) -> None:
    shape_faults(value)
    shape_faults(a_document(stages=value, gate=value, validate={"requests": value}))


def _stated(schema: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    found = [(schema, schema["default"])] if "default" in schema else []
    for inner in schema.get("properties", {}).values():
        found += _stated(inner)
    if isinstance(schema.get("items"), dict):
        found += _stated(schema["items"])
    for inner in schema.get("anyOf", ()):
        found += _stated(inner)
    return found


def test_every_stated_default_is_valid_and_changes_nothing() -> None:
    stated = _stated(policy_schema())

    assert len(stated) > 30
    for schema, default in stated:
        jsonschema.Draft202012Validator(schema).validate(default)
    top = {
        key: inner["default"]
        for key, inner in policy_schema()["properties"].items()
        if "default" in inner
    }
    assert shape_faults(a_document(**top)) == ()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0h"), (3600, "1h"), (5400, "90m"), (90, "90s"), (0.5, "500ms"), (86400, "24h")],
)
def test_durations_are_written_in_their_largest_whole_unit(seconds: float, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text


RECORDS: list[tuple[str, Kind]] = [
    ("workspace", WORKSPACE),
    ("model", MODEL),
    ("create", CREATE),
    ("validate", VALIDATE),
    ("stages", ListOf(STAGE, 1, 20)),
    ("gate", GATE),
    ("probes", PROBES),
    ("quality", QUALITY),
    ("rollback", ROLLBACK),
    ("alert", ALERT),
]


@pytest.mark.parametrize(("field", "kind"), RECORDS)
def test_a_value_shown_as_a_file_writes_it_reads_back_the_same(field: str, kind: Kind) -> None:
    faults = Faults()
    value = kind.read(FULL_DOCUMENT[field], field, faults)

    assert kind.read(kind.show(value), field, faults) == value
    assert faults.found == []


def test_every_field_has_a_description() -> None:
    def undescribed(schema: dict[str, Any]) -> list[str]:
        found = []
        for name, inner in schema.get("properties", {}).items():
            found += [] if inner.get("description") else [name]
            found += undescribed(inner)
        return found

    assert undescribed(policy_schema()) == []


def test_faults_without_a_file_have_bare_places() -> None:
    faults = Faults()
    faults.note("gate", "x")

    assert faults.found == [("gate", "x")]
    assert faults.under("gate")
    assert not faults.under("stages")


def _places(schema: dict[str, Any], place: str = "") -> list[str]:
    """Every field that is not a record itself, as the documentation writes it."""
    found = []
    for name, inner in schema.get("properties", {}).items():
        options = [inner, *inner.get("anyOf", ())]
        here = f"{place}.{name}" if place else name
        maps = [option["additionalProperties"] for option in options if "propertyNames" in option]
        for each in maps:
            found += _places(each, f"{here}.<path>")
        records = [option for option in options if "properties" in option]
        for record in records:
            found += _places(record, here)
        items = inner.get("items", {})
        found += _places(items, f"{here}[]") if "properties" in items else []
        found += [] if records else [here]
    return found


def test_the_documentation_has_every_field_with_its_default() -> None:
    text = (PROJECT / "docs" / "policy.md").read_text()
    rows = {
        line.split("|")[1].strip().strip("`"): line for line in text.splitlines() if "| `" in line
    }
    documented = set(rows) | {f"workspace.{part}" for part in ("subscription", "resource_group")}

    assert set(_places(policy_schema())) - documented - {"workspace.name"} == set()
    for name in ("keep", "deadline", "shift_deadline", "hold_expires", "start_on"):
        assert f"`{policy_schema()['properties'][name]['default']}`" in rows[name]
    for part in ("gate", "create", "rollback", "alert", "validate", "probes"):
        for name, inner in policy_schema()["properties"][part]["properties"].items():
            default = inner.get("default")
            if isinstance(default, str | int) and not isinstance(default, bool):
                assert f"`{default}`" in rows[f"{part}.{name}"]
