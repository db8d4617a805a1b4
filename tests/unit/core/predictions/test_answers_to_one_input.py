"""Both sides' answers to one input become what may leave the adapter."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.policy.expectation import Expectation, Interval
from rollout.core.policy.quality_model import (
    Compared,
    Contract,
    FieldRule,
    Labelled,
    Live,
    Metric,
    Output,
    OutputKind,
    Quality,
)
from rollout.core.predictions.answers import compare
from rollout.core.predictions.bodies import read_body
from rollout.core.predictions.contracts import LEAST_LEARNT, learn
from rollout.core.records.answers import AnswerPair
from rollout.core.records.learnt_contract import LearntContract
from tests.unit.core.predictions.test_comparing_properties import ANSWERS

HOLDING, NOTHING = Quality(), LearntContract()
ANSWER = {"label": 0, "score": 0.25}


def raw(answer: Any) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def compared(
    candidate: Any,
    stable: Any = ANSWER,
    quality: Quality = HOLDING,
    *,
    expect: Expectation | None = None,
    label: Any = None,
    again: Any = None,
    learnt: LearntContract = NOTHING,
) -> AnswerPair:
    return compare(
        quality,
        expect,
        input=7,
        label=label,
        candidate=raw(candidate),
        stable=raw(stable),
        again=None if again is None else raw(again),
        learnt=learnt,
    )


def known(answer: Any = ANSWER) -> LearntContract:
    learnt = LearntContract()
    for _ in range(LEAST_LEARNT):
        learnt = learn(learnt, read_body(raw(answer)))
    return learnt


def test_equal_answers_are_no_difference_and_have_one_key() -> None:
    pair = compared(ANSWER)

    assert not pair.differs
    assert pair.change == ""
    assert pair.candidate == pair.stable
    assert pair.candidate.fault == ""
    assert pair.input == 7
    assert pair.again is None


def test_a_flipped_label_differs_and_is_no_fault() -> None:
    pair = compared({"label": 1, "score": 0.25})

    assert pair.differs
    assert pair.change == "label 0 -> 1"
    assert pair.candidate.fault == ""
    assert pair.candidate.key != pair.stable.key


def test_stable_asked_twice_shows_whether_it_is_random() -> None:
    assert compared(ANSWER, again=ANSWER).again is False
    assert compared(ANSWER, again={"label": 1, "score": 0.25}).again is True


@pytest.mark.parametrize(
    ("candidate", "fault"),
    [
        ({"error": "no column"}, "has 'error'"),
        ({"label": 0, "score": float("nan")}, "NaN at 'score'"),
        (b"", "an empty answer"),
        ({"label": 0}, "lost 'score'"),
        ({"label": 0, "score": None}, "null at 'score'"),
        ({"label": 0, "score": 4.2}, "out of 0..1 at 'score'"),
    ],
)
def test_what_no_release_is_meant_to_answer_is_the_candidate_s_fault(
    candidate: Any, fault: str
) -> None:
    pair = compared(candidate, learnt=known())

    assert pair.candidate.fault == fault
    assert pair.stable.fault == ""


def test_without_what_was_learnt_a_lost_field_only_differs() -> None:
    pair = compared({"label": 0})

    assert pair.differs
    assert pair.candidate.fault == ""


@pytest.mark.parametrize("contract", [None, Contract(learn=False)])
def test_what_was_learnt_counts_only_where_the_policy_says_so(contract: Contract | None) -> None:
    pair = compared({"label": 0}, quality=Quality(contract=contract), learnt=known())

    assert pair.candidate.fault == ""


def test_a_compared_path_that_one_side_lacks_is_its_fault() -> None:
    quality = Quality(compared=Compared(("score",)))

    assert compared({"label": 0}, quality=quality).candidate.fault == "no 'score'"
    assert compared(ANSWER, {"label": 0}, quality=quality).stable.fault == "no 'score'"
    both = compared({"label": 0}, {"label": 0}, quality=quality)
    assert both.candidate.fault == both.stable.fault == "no 'score'"


def test_a_fault_of_both_sides_does_not_hide_one_of_the_candidate() -> None:
    nan = {"label": 0, "score": float("nan")}
    worse = {"label": None, "score": float("nan")}

    both = compared(nan, nan)
    assert both.candidate.fault == both.stable.fault == "NaN at 'score'"
    pair = compared(worse, nan, learnt=known(nan))
    assert pair.candidate.fault == "null at 'label'"
    assert pair.stable.fault == ""


def test_both_the_sample_s_and_the_policy_s_expectations_count() -> None:
    quality = Quality(expect=Expectation(absent=("detail",)))
    sample = Expectation(present=("label",))

    assert compared({"detail": 1}, quality=quality).candidate.fault == "has 'detail'"
    assert compared({}, quality=quality, expect=sample).candidate.fault == "no 'label'"


def test_an_added_field_differs_only_where_the_contract_forbids_it() -> None:
    more = {**ANSWER, "added": 1}

    assert not compared(more).differs
    assert not compared(more, quality=Quality(contract=None)).differs
    strict = compared(more, quality=Quality(contract=Contract(added=False)))
    assert strict.change == "added: missing -> number"


def test_labels_are_scored_on_both_sides() -> None:
    quality = Quality(probed=Labelled(Metric.ACCURACY, "label"))
    pair = compared({"label": 1}, {"label": 0}, quality=quality, label=1)

    assert (pair.candidate.loss, pair.stable.loss) == (0.0, 1.0)
    assert compared(ANSWER, quality=quality).candidate.loss is None
    assert compared(ANSWER, label=1).candidate.loss is None
    assert compared(b"oops", quality=quality, label=1).candidate.loss == 1.0


@pytest.mark.parametrize(
    ("quality", "change"),
    [
        (Quality(live=Live(outputs=(Output("code", OutputKind.LABEL),))), "code 701 -> 702"),
        (Quality(live=Live(outputs=(Output("code"),))), ""),
        (Quality(contract=Contract(fields={"code": FieldRule(range=Interval(0, 999))})), ""),
        (Quality(contract=Contract(fields={"code": FieldRule(sums_to=701)})), ""),
        (
            Quality(contract=Contract(fields={"code": FieldRule(labels=("701",))})),
            "code 701 -> 702",
        ),
        (Quality(contract=Contract(fields={"code": FieldRule()})), "code 701 -> 702"),
    ],
)
def test_what_the_policy_says_of_a_path_decides_how_it_is_compared(
    quality: Quality, change: str
) -> None:
    assert compared({"code": 702}, {"code": 701}, quality).change == change


@settings(max_examples=50, deadline=None)
@given(
    ANSWERS.map(raw) | st.binary(max_size=30), ANSWERS.map(raw) | st.binary(max_size=30), ANSWERS
)
def test_comparing_never_raises_and_what_leaves_can_be_stored(
    candidate: bytes, stable: bytes, label: Any
) -> None:
    for metric in Metric:
        quality = Quality(probed=Labelled(metric, "$"))
        pair = compared(candidate, stable, quality, label=label, again=stable)

        assert json.dumps(asdict(pair), allow_nan=False).encode()
        assert pair.again is False
        assert pair.differs == (pair.change != "")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcdefghij", min_size=25, max_size=40))
def test_no_long_text_of_an_answer_leaves(text: str) -> None:
    changed = {"label": text, "score": 0.5, "rows": [text, {"x": text}]}
    pair = compared(changed, {**changed, "label": "a", "rows": [0, {}]}, learnt=known())

    assert text not in json.dumps(asdict(pair))
