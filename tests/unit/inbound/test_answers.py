"""Problem documents: the right status, a sentence that helps, and nothing of the inside."""

import json
import logging

import pytest

from rollout.errors import (
    AccessDeniedError,
    ArmUnavailableError,
    IllegalTransitionError,
    InvalidInputError,
    InvalidPolicyError,
    InvalidSettingsError,
    RefusedError,
    ServicesUnavailableError,
    StaleRowError,
    StoreUnavailableError,
    UnknownOutcomeError,
    UnreadableRowError,
)
from rollout.inbound.answers import json_answer, problem, problem_of

SECRET = "AccountKey=abc; host secret.table.core.windows.net"


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (ServicesUnavailableError(SECRET), 503, "30"),
        (InvalidSettingsError(SECRET), 503, "10"),
        (StoreUnavailableError(SECRET), 503, "10"),
        (StaleRowError(SECRET), 503, "1"),
        (UnknownOutcomeError(SECRET), 503, "1"),
        (ArmUnavailableError(SECRET), 503, "5"),
        (AccessDeniedError(SECRET), 502, None),
        (UnreadableRowError(SECRET), 500, None),
        (IllegalTransitionError("NONE", SECRET), 500, None),
        (KeyError(SECRET), 500, None),
    ],
)
def test_errors_of_the_inside_are_answered_without_their_text(
    error: Exception, status: int, retry_after: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = problem_of(error)

    assert answer.status == status
    assert answer.headers.get("Retry-After") == retry_after
    assert b"AccountKey" not in answer.body
    assert caplog.records


def test_a_services_faults_are_answered_for_the_caller_to_repair(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = (("a/rollout.yaml:3: keep", "Write 24h."), ("a/x", "RolloutAttention: no\nforged"))
    with caplog.at_level(logging.ERROR):
        answer = problem_of(InvalidPolicyError(faults))
    document = json.loads(answer.body)

    assert answer.status == 422
    assert "Retry-After" not in answer.headers
    assert document["faults"][0] == {"place": "a/rollout.yaml:3: keep", "text": "Write 24h."}
    assert [record.message.count("\n") for record in caplog.records] == [0, 0]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInputError("Send a JSON object."), 400),
        (InvalidInputError("There is no such service.", status=404), 404),
        (InvalidInputError("The body is larger than 256 KiB.", status=413), 413),
        (RefusedError("The rollout is final."), 409),
    ],
)
def test_sentences_for_callers_are_passed_on(error: Exception, status: int) -> None:
    answer = problem_of(error)
    document = json.loads(answer.body)

    assert answer.status == document["status"] == status
    assert document["detail"] == str(error)
    assert answer.media_type == "application/problem+json"


def test_a_problem_has_the_fields_of_the_standard() -> None:
    answer = problem(503, "Later.", retry_after=0.2)

    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Later.",
    }
    assert answer.headers == {"Cache-Control": "no-store", "Retry-After": "1"}


def test_answers_are_compact_json_that_is_not_cached() -> None:
    answer = json_answer(202, {"a": [1, None]})

    assert (answer.status, answer.body, answer.media_type) == (
        202,
        b'{"a":[1,null]}',
        "application/json",
    )
    assert answer.headers == {"Cache-Control": "no-store"}
