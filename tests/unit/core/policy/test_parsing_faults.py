"""Every way in which a policy document is refused, and what the refusal says."""

from typing import Any

import pytest

from rollout.core.policy.parsing import ServiceFolder, parse_policy, parse_services
from tests.support.policy_documents import (
    BAD_SHAPES,
    FILES,
    a_document,
    a_folder,
    faults_of,
)


@pytest.mark.parametrize(("change", "place", "words"), BAD_SHAPES)
def test_a_faulty_field_is_named_with_what_to_write(
    change: dict[str, Any], place: str, words: str
) -> None:
    assert words in faults_of(a_folder(**change))[place]


@pytest.mark.parametrize(
    ("expect", "place"),
    [
        ({"present": ["a..b"]}, "present[0]"),
        ({"absent": [7]}, "absent[0]"),
        ({"values": {"": 1}}, "values."),
        ({"values": {"a": b"x"}}, "values.a"),
        ({"values": {"a": {1: 2}}}, "values.a"),
        ({"values": {"a": [object()]}}, "values.a"),
        ({"status": 99}, "status"),
        ({"type": {"a": "string"}}, "type.a"),
        ({"length": {"a": -1}}, "length.a"),
        ({"range": {"a": [1]}}, "range.a"),
        ({"range": {"a": [0, "x"]}}, "range.a"),
        ({"range": {"a": [0, float("inf")]}}, "range.a"),
        ({"close": {"a": [1, -0.1]}}, "close.a"),
        ({"close": {"a": 1}}, "close.a"),
        ({"close": {"a": [float("nan"), 1]}}, "close.a"),
        ({"latency": "soon"}, "latency"),
    ],
)
def test_a_faulty_expectation_is_named(expect: dict[str, Any], place: str) -> None:
    folder = a_folder(validate={"requests": [{"file": "sample.json", "expect": expect}]})

    assert f"validate.requests[0].expect.{place}" in faults_of(folder)


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: Any = 1
    for _ in range(20):
        value = [value]
    expect = {"values": {"a": value}}
    folder = a_folder(validate={"requests": [{"file": "sample.json", "expect": expect}]})

    assert "not a JSON value" in faults_of(folder)["validate.requests[0].expect.values.a"]


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_a_document_that_is_no_mapping_is_refused(document: Any) -> None:
    policy, faults = parse_policy(ServiceFolder("fraud", document, FILES))

    assert policy is None
    assert faults[0][0] == "fraud/rollout.yaml"


def test_a_part_with_faults_is_not_judged_further() -> None:
    folder = a_folder(
        stages=[{"weight": "ten"}],
        gate={"min_minutes": 0},
        create={"deadline": 5},
        validate={"timeout": 5},
        deadline="1m",
    )

    assert set(faults_of(folder)) == {
        "stages[0].weight",
        "gate.min_minutes",
        "create.deadline",
        "validate.timeout",
    }


def test_a_folder_name_that_cannot_be_a_service_is_refused() -> None:
    _, faults = parse_policy(ServiceFolder("My Service", a_document(), FILES))

    assert faults[0][0] == "My Service/rollout.yaml"
    assert "cannot name a service" in faults[0][1]


def test_faults_of_reading_the_file_are_passed_on_alone() -> None:
    folder = ServiceFolder("fraud", None, FILES, ("The file is not UTF-8 text (byte 0).",))

    policy, faults = parse_policy(folder)

    assert policy is None
    assert faults == (("fraud/rollout.yaml", "The file is not UTF-8 text (byte 0)."),)


def test_names_of_fields_are_shown_on_one_line_without_control_characters() -> None:
    hostile = "x\n##vso[a]\x1b[31m\u202e"
    parsed = parse_services([a_folder("one", **{hostile: 1})])

    assert all(place.isprintable() for place, _ in parsed.broken["one"])
    assert len(parsed.broken["one"]) == 1
