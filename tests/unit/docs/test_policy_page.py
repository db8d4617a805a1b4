"""Each example of docs/policy.md is part of a policy that the parser takes."""

import re
from typing import Any

import pytest
import yaml

from rollout.core.machine.examining import CONTRACT_INPUTS
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.predictions import bodies, contracts, labels, outputs, scoring, walking
from tests.support.paths import PROJECT
from tests.support.policy_documents import FILES, a_document

PAGE = (PROJECT / "docs" / "policy.md").read_text()
NAMED = {"sample.json", "cat.jpg", "probe-requests.jsonl", "golden.jsonl", "labelled.jsonl"}
"""The files that examples name."""


def examples() -> list[dict[str, Any]]:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return [loaded for block in blocks if (loaded := yaml.safe_load(block)) is not None]


@pytest.mark.parametrize("example", examples())
def test_an_example_has_no_fault(example: dict[str, Any]) -> None:
    _, faults = parse_policy(ServiceFolder("fraud", a_document(**example), FILES | NAMED))

    assert faults == ()


def test_each_part_of_quality_has_an_example() -> None:
    parts = {
        part
        for example in examples()
        if isinstance(example.get("quality"), dict)
        for part in example["quality"]
    }

    assert parts == {"difference", "compared", "contract", "expect", "golden", "probed", "live"}


def test_limits_on_the_page_are_those_of_the_code() -> None:
    prose = " ".join(PAGE.split())
    assert bodies.READ_BYTES == 1024**2
    assert "A body above 1 MiB is not read" in prose
    assert f"the first {walking.MAX_VALUES:,} values" in prose
    assert f"{bodies.MAX_DEPTH} levels deep" in prose
    assert contracts.LEAST_LEARNT == 10
    assert "where stable answered ten or more of the probes' inputs" in prose
    assert f"({CONTRACT_INPUTS} at most are asked" in prose
    assert labels.LABEL_DIGITS == 3
    assert "whole numbers of up to three digits" in prose
    assert f"labels of up to {labels.LABEL_CHARACTERS} characters" in prose
    assert f"as {scoring.WORST_LOG_LOSS:.1f}, the loss" in prose
    assert (outputs.MAX_CLASSES, outputs.LEAST_OF_A_CLASS) == (8, 5)
