"""What no release is meant to answer is found in one body alone, and told without a value."""

import json
from typing import Any

import pytest

from rollout.core.policy.expectation import Expectation, JsonType
from rollout.core.policy.quality_model import Contract, FieldRule
from rollout.core.predictions.bodies import READ_BYTES, read_body
from rollout.core.predictions.faults import FAULT_CHARACTERS, MAX_FAULTS, faults_of

LEARNING = Contract()


def faults(
    answer: Any, expect: Expectation | None = None, contract: Contract | None = LEARNING
) -> tuple[str, ...]:
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return faults_of(read_body(raw), (expect or Expectation(),), contract)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"", "an empty answer"),
        (b"<html>", "no JSON"),
        ({"score": float("nan")}, "NaN at 'score'"),
        ({"rows": [[1.0, float("-inf")]]}, "infinity at 'rows[*][*]'"),
        (b'{"score": 1e999}', "infinity at 'score'"),
        ({"score": 10**400}, "infinity at 'score'"),
        (float("nan"), "NaN at '$'"),
        ({"error": "no column a"}, "has 'error'"),
        ({"Error": {"code": 1}}, "has 'Error'"),
        ({"traceback": ["line 1"], "score": 1}, "has 'traceback'"),
        ({"exception": True}, "has 'exception'"),
    ],
)
def test_what_is_wrong_is_named(answer: Any, fault: str) -> None:
    assert faults(answer) == (fault,)


@pytest.mark.parametrize(
    "answer",
    [
        {"score": 0.5},
        {"error": None},
        {"error": ""},
        {"error": False},
        {"error": "None"},
        {"errors": "ok"},
        {"other": "an error"},
        {"errors": []},
        {"error": 0.3},
        {"rows": [{"error": "within a row"}]},
        "error",
        None,
        b"[" + b"0," * READ_BYTES + b"NaN]",
    ],
)
def test_what_may_be_meant_is_no_fault(answer: Any) -> None:
    assert faults(answer) == ()


def test_a_policy_that_names_an_error_knows_better() -> None:
    answer = {"error": "0.3"}

    assert faults(answer, Expectation(present=("error",))) == ()
    assert faults(answer, contract=Contract(fields={"error": FieldRule(JsonType.TEXT)})) == ()
    assert faults(answer, contract=None) == ()


def test_expectations_and_written_fields_are_judged() -> None:
    expect = Expectation(absent=("detail",), present=("score",))
    contract = Contract(fields={"label": FieldRule(labels=("ok",))})

    assert faults({"detail": "x", "label": "bad"}, expect, contract) == (
        "no 'score'",
        "has 'detail'",
        "another label at 'label'",
    )
    assert faults({"detail": "x"}, expect, None) == ("no 'score'", "has 'detail'")


def test_faults_are_few_short_and_can_be_written_anywhere() -> None:
    rules = {f"{'x' * 100}{number}": FieldRule() for number in range(30)}
    found = faults({"\ud800\n": float("nan")}, contract=Contract(fields=rules))

    assert 0 < len(found) <= MAX_FAULTS
    assert all(len(each) <= FAULT_CHARACTERS and each.encode() for each in found)
    assert all(each.isprintable() for each in found)
