"""What ends a slice of an examination, and which of its rows are kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.own_requests import ERROR_REASON_HEADER, NOT_READY
from rollout.adapters.azure_ml.scoring import DirectScoring
from rollout.adapters.azure_ml.scoring_calls import DEPLOYMENT_HEADER
from rollout.core.policy.quality_model import Golden, Labelled, Metric, Quality
from rollout.core.records.examination import ExamSeen, ExamStep, Marked
from rollout.core.records.learnt_contract import LearntContract
from rollout.core.records.observation import EndpointSeen, ProvisioningState
from rollout.core.records.own_requests import OwnMinute
from rollout.ports import ExamOrder, ExamRow, ExamRows, ProbeInput
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import FixedCredential, Reply, Script

KEYS = f"{ENDPOINT}/listkeys"
AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
RIGHT, WRONG = Reply(200, '{"label": 1}'), Reply(200, '{"label": 0}')
QUALITY = Quality(golden=Golden("golden.jsonl", Labelled(Metric.ACCURACY, "label")))


@pytest.fixture
def scoring(arm: Arm) -> Iterator[DirectScoring]:
    found = DirectScoring(arm, FixedCredential(), clock=lambda: AT)
    yield found
    found.close()


def examine(
    scoring: DirectScoring, script: Script, *replies: Reply, rows: int = 1, **changes: Any
) -> ExamSeen:
    """One row after the other, so that the replies are taken in this order."""
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1", "secondaryKey": "k2"}'))
    script.on("POST", "/score", *replies)
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, f"{script.url}/score")
    what = (ProbeInput(b"%d" % number, "application/json") for number in range(rows))
    order: dict[str, Any] = {
        "step": ExamStep.GOLDEN,
        "candidate": "green-7",
        "stable": "blue-6",
        "first": 0,
        "rows": ExamRows(rows, tuple(ExamRow(each, 1) for each in what)),
        "quality": QUALITY,
        "learnt": LearntContract(),
        "concurrency": 1,
        "timeout": timedelta(seconds=5),
        "within": timedelta(seconds=60),
    }
    return scoring.examine(ENDPOINT, seen, ExamOrder(**{**order, **changes}))


def asked(script: Script) -> list[tuple[str, bytes]]:
    scored = [each for each in script.heard if each.path == "/score"]
    return [(each.headers[DEPLOYMENT_HEADER], each.body) for each in scored]


def losses(found: ExamSeen) -> list[tuple[float | None, float | None]]:
    return [
        (each.candidate.loss, each.stable.loss)
        for each in found.pairs
        if each.candidate is not None and each.stable is not None
    ]


def test_both_sides_answer_each_row_and_who_is_first_alternates(
    scoring: DirectScoring, script: Script
) -> None:
    found = examine(scoring, script, RIGHT, WRONG, RIGHT, rows=2, first=4)

    assert asked(script) == [
        *(("green-7", b"0"), ("blue-6", b"0")),
        *(("blue-6", b"1"), ("green-7", b"1")),
    ]
    assert [each.number for each in found.pairs] == [4, 5]
    assert losses(found) == [(0.0, 1.0), (0.0, 0.0)]
    assert found.own == (OwnMinute(AT, {"200": 2}, {"200": 2}),)


@pytest.mark.parametrize("status", [400, 408, 424])
def test_a_models_failure_is_a_wrong_answer(
    scoring: DirectScoring, script: Script, status: int
) -> None:
    found = examine(scoring, script, Reply(status), RIGHT)

    assert losses(found) == [(1.0, 0.0)]
    assert found.pairs[0].candidate == Marked(loss=1.0)


@pytest.mark.parametrize(
    ("reply", "stopped", "silent"),
    [
        (Reply(429), "429 from the candidate", ""),
        *(
            (Reply(status), "", "the candidate was not reached at row 2")
            for status in (401, 403, 404)
        ),
        *(
            (Reply(status), "", f"the candidate answered {status} at row 2")
            for status in (500, 502, 503, 504)
        ),
        (
            Reply(424, headers={ERROR_REASON_HEADER: NOT_READY}),
            "",
            "the candidate answered 424 at row 2",
        ),
    ],
)
def test_a_row_without_an_answer_ends_the_pass_and_is_asked_again(
    scoring: DirectScoring, script: Script, reply: Reply, stopped: str, silent: str
) -> None:
    found = examine(scoring, script, RIGHT, RIGHT, RIGHT, reply, RIGHT, rows=4)

    assert len(asked(script)) == 4
    assert [each.number for each in found.pairs] == [0]
    assert (found.stopped, found.silent) == (stopped, silent)


def test_rows_after_a_gap_are_left_to_the_next_pass(scoring: DirectScoring, script: Script) -> None:
    """Two rows at once: the first one has no answer, the second one has."""
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1", "secondaryKey": "k2"}'))
    found = examine(
        scoring, script, Reply(503), RIGHT, RIGHT, RIGHT, rows=4, concurrency=2, stable=None
    )

    # Which of them got the 503 is the threads' matter: only what is before the gap is kept.
    assert found.silent
    assert [each.number for each in found.pairs] == list(range(len(found.pairs)))
    assert len(found.pairs) < 4


def test_only_the_sides_that_are_named_are_asked(scoring: DirectScoring, script: Script) -> None:
    found = examine(scoring, script, RIGHT, rows=2, stable=None)

    assert asked(script) == [("green-7", b"0"), ("green-7", b"1")]
    assert [each.stable for each in found.pairs] == [None, None]


def test_no_row_begins_that_might_not_end_within_the_pass(
    scoring: DirectScoring, script: Script
) -> None:
    found = examine(scoring, script, RIGHT, rows=3, within=timedelta(0))

    assert [each.number for each in found.pairs] == [0]


def test_stables_answers_are_learnt_from_in_their_order(
    scoring: DirectScoring, script: Script
) -> None:
    found = examine(
        scoring, script, RIGHT, Reply(424), WRONG, rows=3, step=ExamStep.LEARN, candidate=None
    )

    assert found.learnt.answers == 2
    assert [each.stable and each.stable.answered for each in found.pairs] == [True, False, True]
