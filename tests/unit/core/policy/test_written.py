"""A policy as a file would write it, and where two differ."""

from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rollout.core.policy.document import policy_schema
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.policy.written import Difference, differences, written
from tests.support.policy_documents import FILES, FULL_DOCUMENT, a_document
from tests.support.stories import collecting, examined, policies, probed

DOCUMENTS = {"short": a_document(), "full": FULL_DOCUMENT, "off": a_document(quality=False)}


def read(document: Any, name: str = "fraud") -> Policy:
    policy, faults = parse_policy(ServiceFolder(name, document, FILES))
    assert policy is not None
    assert faults == ()
    return policy


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_written_reads_as_the_policy(name: str) -> None:
    policy = read(DOCUMENTS[name])
    assert read(written(policy)) == policy


@pytest.mark.parametrize(
    "policy",
    [policies.POLICY, policies.MIRRORING, probed.ALWAYS, examined.TRIED, collecting.JUDGED],
)
def test_a_frozen_policy_is_written_as_a_file_may_be(policy: Policy) -> None:
    Draft202012Validator(policy_schema()).validate(written(policy))


def test_a_policy_without_probes_leaves_them_out() -> None:
    assert "probes" not in written(replace(policies.POLICY, probes=None))


def test_two_that_are_alike_do_not_differ() -> None:
    assert differences(written(read(FULL_DOCUMENT)), written(read(FULL_DOCUMENT))) == ()


def test_a_difference_names_the_field_and_both_values() -> None:
    frozen = written(read(a_document(stages=[{"weight": 10}, {"weight": 100}], keep="1h")))
    published = written(read(a_document(stages=[{"weight": 5}, {"weight": 100}], keep="2h")))
    assert differences(frozen, published) == (
        Difference("stages[0].weight", 10, 5),
        Difference("keep", "1h", "2h"),
    )


def test_what_one_side_lacks_is_none_there() -> None:
    one, other = {"a": {"b": 1}, "c": []}, {"a": {"d": False}, "c": [0]}
    assert differences(one, other) == (
        Difference("a.b", 1, None),
        Difference("c", [], None),
        Difference("a.d", None, False),
        Difference("c[0]", None, 0),
    )
    assert differences({"quality": False}, {"quality": 0}) == (Difference("quality", False, 0),)
