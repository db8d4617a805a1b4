"""What a policy says of probes must fit together, and what it names must be there."""

from typing import Any

import pytest

from rollout.core.policy.parsing import ServiceFolder, parse_policy
from tests.support.policy_documents import FILES, a_document, shape_faults

SAMPLE = {"file": "sample.json"}
REFUSED = {"file": "sample.json", "expect": {"status": 400}}
FOLDER = FILES | {"probes/a.json", "probes/deep/b.csv", "odd/a.json", "odd/a.xyz"}


def faults_of(probes: dict[str, Any], **changes: Any) -> dict[str, str]:
    document = a_document(probes=probes, **changes)
    assert shape_faults(document) == ()
    _, faults = parse_policy(ServiceFolder("fraud", document, FOLDER))
    return {place.removeprefix("fraud/rollout.yaml: "): text for place, text in faults}


@pytest.mark.parametrize(
    ("probes", "place", "words"),
    [
        ({"rate": 20, "max": 19}, "probes.max", "below probes.rate"),
        ({"timeout": "6s"}, "probes.timeout", "5s at most"),
        ({"inputs": "/inputs.jsonl"}, "probes.inputs", "inside this folder"),
        ({"inputs": "../inputs.jsonl"}, "probes.inputs", "inside this folder"),
        ({"inputs": "probes\\a.json"}, "probes.inputs", "inside this folder"),
        ({"inputs": "."}, "probes.inputs", "inside this folder"),
        ({"inputs": "sample.json"}, "probes.inputs", "a .jsonl file"),
        ({"inputs": "none.jsonl"}, "probes.inputs", "no file or folder"),
        ({"inputs": "prob"}, "probes.inputs", "no file or folder"),
        ({"inputs": "odd"}, "probes.inputs", "odd/a.xyz"),
        ({"when": "always"}, "probes.when", "nothing to send"),
    ],
)
def test_what_cannot_be_sent_is_named(probes: dict[str, Any], place: str, words: str) -> None:
    assert words in faults_of(probes)[place]


def test_a_sample_request_that_is_to_be_refused_is_no_input() -> None:
    always = {"when": "always"}

    assert set(faults_of(always, validate={"requests": [REFUSED]})) == {"probes.when"}
    assert faults_of(always, validate={"requests": [REFUSED, SAMPLE]}) == {}


def test_samples_with_a_fault_are_not_missing_too() -> None:
    assert "probes.when" not in faults_of(
        {"when": "always"}, validate={"requests": [{"file": "x"}]}
    )


@pytest.mark.parametrize("inputs", ["inputs.jsonl", "probes", "probes/deep", "./probes"])
def test_inputs_are_a_file_of_lines_or_a_folder(inputs: str) -> None:
    assert faults_of({"inputs": inputs, "when": "always"}) == {}


def test_without_inputs_and_samples_nothing_is_wrong_unless_probes_are_asked_for() -> None:
    assert faults_of({}) == {}


def test_a_part_with_a_faulty_field_is_not_compared_with_others() -> None:
    document = a_document(probes={"rate": 0, "max": 1, "when": "always"})

    _, faults = parse_policy(ServiceFolder("fraud", document, FOLDER))

    assert [place for place, _ in faults] == ["fraud/rollout.yaml: probes.rate"]
