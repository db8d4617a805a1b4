"""Before any traffic the candidate's answers are compared with what stable's have in common."""

from dataclasses import replace
from typing import Any

import pytest

from rollout.core.policy.quality_model import Contract, Difference, FieldRule, Quality
from rollout.core.records.offers import OfferState
from rollout.core.records.phases import Phase
from rollout.inbound.exam_views import exam_view
from tests.support.stories.azure import Behaviour, always_right
from tests.support.stories.examined import QUALITY, trial
from tests.support.stories.invariants import check
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.scenes import HOUR, MINUTE, succeeds
from tests.support.stories.stage import Story

COMPARED = replace(QUALITY, golden=None)


@pytest.mark.parametrize(
    ("answer", "breach"),
    [
        ({"score": 0.5}, "lost 'label'"),
        ({"label": 0, "score": None}, "null at 'score'"),
        ({"label": 0, "score": 1.5}, "out of 0..1 at 'score'"),
        ({"label": "a", "score": 0.5}, "text at 'label'"),
        (b'{"label": 0, "score": NaN}', "NaN at 'score'"),
        ({"label": 0, "score": 0.5, "error": "boom"}, "has 'error'"),
    ],
)
def test_a_broken_contract_fails_and_is_named_by_its_path(answer: Any, breach: str) -> None:
    def breaks(number: int) -> tuple[int, Any]:
        return (200, answer) if number == 17 else always_right(number)

    story = trial(breaks, quality=COMPARED)

    story.until_quiet(within=HOUR)

    assert story.phase is Phase.FAILED
    assert f"break the contract: {breach}" in story.rollout.cause_text
    assert story.offer_of("2").state is OfferState.QUARANTINED
    assert story.rollout.exam.breaches[0] == breach
    check(story)


@pytest.mark.parametrize("of_stable", [250, 20, None])
def test_what_stable_answers_elsewhere_in_the_golden_set_breaks_nothing(
    of_stable: int | None,
) -> None:
    """A null that one answer in some hundred has teaches nothing in 40, and stands elsewhere."""

    def null_at(place: int | None) -> Any:
        def answers(number: int) -> tuple[int, Any]:
            status, answer = always_right(number)
            return status, {**answer, "score": None if number == place else answer["score"]}

        return answers

    story = trial(null_at(120), stable=Behaviour(answers=null_at(of_stable)))

    if of_stable is None:
        story.until_quiet(within=HOUR)
        assert story.phase is Phase.FAILED
        assert "break the contract: null at 'score'" in story.rollout.cause_text
    else:
        story.until_phase(Phase.SHIFTING, within=HOUR)
        assert story.rollout.exam.breaches == ()
    check(story)


def test_a_new_field_breaks_no_contract() -> None:
    def more(number: int) -> tuple[int, Any]:
        status, answer = always_right(number)
        return status, {**answer, "why": "because"}

    story = trial(more, quality=COMPARED)

    story.until_phase(Phase.SHIFTING, within=HOUR)

    assert "the contract holds in 40 answers" in story.history()[-1].text
    succeeds(story)


def test_what_stable_breaks_too_is_no_breach() -> None:
    both = lambda number: (200, b'{"label": NaN}') if number == 3 else always_right(number)  # noqa: E731
    story = Story(replace(POLICY, quality=COMPARED))
    story.serves("0", Behaviour(answers=both))
    story.serves("2", Behaviour(answers=both))
    story.adopt()
    story.pass_time(2 * MINUTE)

    story.register("2")

    story.until_phase(Phase.SHIFTING, within=HOUR)
    assert story.rollout.exam.breaches == ()


def test_written_fields_are_asked_of_a_first_deployment() -> None:
    contract = Contract(fields={"label": FieldRule(labels=("0", "1"))})
    quality = Quality(Difference.EXPECTED, contract=contract)
    story = Story(replace(POLICY, quality=quality))

    story.register("1")
    story.until_quiet(within=HOUR)

    assert story.phase is Phase.FAILED
    assert "another label at 'label'" in story.rollout.cause_text


def test_how_the_models_were_packaged_otherwise_is_told_at_the_start() -> None:
    story = Story(replace(POLICY, quality=COMPARED))
    story.adopt()
    for version, python in (("0", "3.9.18"), ("2", "3.11.9")):
        flavors = {"python_function": {"data": {"python_version": python}}}
        story.world.models.put(
            MODEL, version, {"modelUri": f"azureml://{version}", "tags": {}, "flavors": flavors}
        )
    story.pass_time(2 * MINUTE)

    story.event("2")
    story.until_phase(Phase.VALIDATING, within=HOUR)

    change = "python_function: python_version 3.9.18 -> 3.11.9"
    started = next(each for each in story.history() if each.kind == "RolloutStarted")
    assert f"packaged otherwise: {change}" in started.text
    assert started.data["flavors"] == [change]
    assert exam_view(story.rollout)["flavors"] == [change]


def test_a_contract_that_cannot_be_asked_fails_no_release() -> None:
    silent = Behaviour(answers=lambda _number: (503, b""))
    story = trial(quality=COMPARED, stable=silent)

    story.until_phase(Phase.SHIFTING, within=HOUR)

    text = story.history()[-1].text
    assert "the contract was not compared: stable answered 503 at row 1" in text
    succeeds(story)
