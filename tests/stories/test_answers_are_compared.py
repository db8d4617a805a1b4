"""Every status is 200: what stops a version by its answers to probes, and what passes."""

from dataclasses import replace

import pytest

from localazure.stack.predictions import Kind, Prediction
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.quality_model import Difference, Labelled, Metric, Quality
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from tests.support.stories.audits import verdicts_computed_again
from tests.support.stories.azure import Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.predicting import EXPECTED, HOUR, JUDGED, QUALITY, predicting
from tests.support.stories.probed import QUICK, sent
from tests.support.stories.scenes import held_for
from tests.support.stories.stage import Story

MEANT = replace(JUDGED, quality=EXPECTED)
LABELLED = replace(
    JUDGED, quality=replace(EXPECTED, probed=Labelled(metric=Metric.ACCURACY, answer="label"))
)


def texts(story: Story) -> str:
    return "\n".join(entry.text for entry in story.history())


def computed_again(story: Story) -> None:
    assert verdicts_computed_again(story, story.rollout) > 0
    check(story)


def until_held(story: Story) -> None:
    story.until(lambda: story.rollout.hold is not None or story.rollout.final)
    assert held_for(story) is HoldReason.PREDICTIONS


FAULTS = {
    Kind.NULL: "null at 'score'",
    Kind.NAN: "NaN at 'score'",
    Kind.OUT_OF_RANGE: "out of range at 'score'",
    Kind.LOST: "no 'score'",
    Kind.ERROR: "has 'error'",
    Kind.SWALLOWED: "null at 'label'",
}
"""What no release is meant to answer, in the words of a reason."""


@pytest.mark.parametrize("kind", FAULTS)
def test_what_no_release_is_meant_to_answer_never_reaches_a_client(kind: Kind) -> None:
    story = predicting(kind, policy=MEANT)

    story.until_quiet(within=HOUR)

    assert (story.phase, story.rollout.cause) == (Phase.FAILED, Cause.VALIDATION_FAILED)
    assert story.rollout.asked_for_traffic_at is None
    assert "at 0 %: the candidate answers what no release is meant" in story.rollout.cause_text
    assert FAULTS[kind] in story.rollout.cause_text
    check(story)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_a_few_answers_rolls_back_whatever_difference_is_meant(kind: Kind) -> None:
    story = predicting(kind, 0.15, policy=MEANT)

    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)

    assert story.rollout.cause is Cause.GATE
    assert FAULTS[kind] in story.rollout.cause_text
    computed_again(story)


@pytest.mark.parametrize("difference", Difference)
def test_a_model_that_predicts_one_class_is_rejected_whatever_difference_is_meant(
    difference: Difference,
) -> None:
    policy = replace(JUDGED, quality=replace(QUALITY, difference=difference))
    story = predicting(Kind.CONSTANT, policy=policy)

    story.until_quiet(within=HOUR)

    assert (story.phase, story.rollout.cause) == (Phase.FAILED, Cause.VALIDATION_FAILED)
    assert story.rollout.asked_for_traffic_at is None
    check(story)


def test_labels_that_are_flipped_hold_for_a_person_who_is_told_what_changed() -> None:
    story = predicting(Kind.FLIPPED, 0.2)

    until_held(story)

    (told,) = story.log.attentions
    assert "100 answers differ (16 %): label 0 -> 1 in 9 of them" in told
    assert "next: advance if the change is meant" in told
    assert "quality.difference: expected" in told
    assert story.phase is Phase.BAKING
    computed_again(story)


def test_labels_that_are_flipped_roll_back_where_the_policy_says_so() -> None:
    policy = replace(JUDGED, quality=replace(QUALITY, difference=Difference.ROLLBACK))
    story = predicting(Kind.FLIPPED, 0.2, policy=policy)

    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert "the candidate answers differently" in story.rollout.cause_text
    computed_again(story)


def test_a_change_that_is_meant_is_reported_and_promoted() -> None:
    story = predicting(Kind.FLIPPED, 0.2, policy=MEANT)

    story.until_phase(Phase.PROMOTED, within=HOUR)

    assert "label 1 -> 0 in 24 of them" in texts(story)
    assert not story.log.attentions
    computed_again(story)


@pytest.mark.parametrize("kind", [Kind.USUAL, Kind.ADDED])
def test_what_answers_alike_passes_though_it_adds_a_field(kind: Kind) -> None:
    story = predicting(kind)

    story.until_phase(Phase.PROMOTED, within=HOUR)

    assert "240 answers differ (0 %)" in texts(story)
    computed_again(story)


def test_a_stable_that_is_itself_random_is_known_by_asking_it_twice() -> None:
    """Each of them predicts three in ten inputs by chance."""
    chance = Prediction(Kind.RANDOM, 0.3)
    story = predicting(Kind.RANDOM, 0.3, stable=chance, inputs=1500)

    story.until_phase(Phase.PROMOTED, within=6 * HOUR)

    assert "; stable itself answered " in texts(story)
    computed_again(story)


def test_a_model_that_is_worse_by_the_labels_is_held_though_its_answers_may_differ() -> None:
    story = predicting(Kind.FLIPPED, 0.125, policy=LABELLED, inputs=1000)

    until_held(story)

    assert "the candidate is worse by the labels" in texts(story)
    assert story.rollout.hold is not None
    assert story.rollout.hold.about == ("losses",)
    check(story)


def test_a_model_that_errs_elsewhere_as_often_is_promoted() -> None:
    story = predicting(Kind.OTHER, policy=LABELLED, inputs=1000)

    story.until_phase(Phase.PROMOTED, within=3 * HOUR)

    assert sum(sent(story)) > 700
    computed_again(story)


@pytest.mark.parametrize("decides", [True, False])
def test_many_clients_do_not_stand_in_for_answers_where_these_decide(
    decides: bool,  # noqa: FBT001 - a table's column
) -> None:
    """A proof of nothing but equal answers needs 40 of them, which two passes at 0 % show."""
    strict = replace(QUALITY.compared, tolerance=0.01, limit=0.03)
    quality = replace(QUALITY if decides else EXPECTED, compared=strict)
    story = predicting(Kind.USUAL, policy=replace(JUDGED, quality=quality), per_minute=200.0)

    story.until_phase(Phase.PROMOTED, within=HOUR)

    passes = sent(story)
    assert passes[:2] == [20, 20]
    assert (len(passes) > 2) is decides
    # No more than are needed: odds of 20 to 1 against 3 % take 120 equal answers or so.
    assert sum(passes) <= 160
    check(story)


def test_where_probes_are_never_sent_no_answer_decides() -> None:
    policy = replace(JUDGED, probes=Probes(when=ProbesWhen.NEVER))
    story = predicting(Kind.CONSTANT, policy=policy, per_minute=200.0)

    story.until_phase(Phase.PROMOTED, within=HOUR)

    assert sent(story) == []


def test_a_policy_without_the_part_judges_nothing() -> None:
    story = predicting(Kind.CONSTANT, policy=QUICK)

    story.until_phase(Phase.PROMOTED, within=HOUR)

    assert all(pair.answers is None for each in story.probing.rounds for pair in each.pairs)
    computed_again(story)


def test_too_few_inputs_to_tell_hold_before_the_first_weight() -> None:
    story = predicting(Kind.FLIPPED, 0.2, inputs=40)

    until_held(story)

    assert story.phase is Phase.VALIDATING
    assert "5 of 40 answers differ" in texts(story)
    assert "These are all the inputs there are" in texts(story)
    assert story.rollout.asked_for_traffic_at is None
    check(story)


@pytest.mark.parametrize("inputs", [40, 240], ids=["before the first weight", "while it bakes"])
def test_advance_accepts_the_change_and_the_gate_judges_the_rest(inputs: int) -> None:
    story = predicting(Kind.FLIPPED, 0.2, inputs=inputs)
    until_held(story)
    held_in = story.phase

    story.clock.by(HOUR)
    story.command(Verb.ADVANCE)

    assert (story.phase, story.rollout.hold) == (held_in, None)
    assert story.rollout.accepted == ("answers",)
    story.until_phase(Phase.PROMOTED, within=HOUR)
    assert story.rollout.accepted == ("answers",)
    computed_again(story)


def test_an_accepted_change_does_not_hide_a_fault() -> None:
    story = predicting(Kind.FLIPPED, 0.2, inputs=40)
    until_held(story)
    story.command(Verb.ADVANCE)
    story.until_phase(Phase.BAKING)

    story.clients.behaviours["2"] = replace(
        story.clients.behaviours["2"], predicts=Prediction(Kind.ERROR)
    )
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert "has 'error'" in story.rollout.cause_text
    computed_again(story)


def test_while_a_person_is_asked_the_other_inputs_may_show_that_none_is_needed() -> None:
    """An error in three of ten answers first differs, and then is more than a difference."""
    story = predicting(Kind.ERROR, 0.3)
    until_held(story)
    assert story.phase is Phase.VALIDATING

    story.until_phase(Phase.FAILED, within=HOUR)

    assert story.rollout.cause is Cause.VALIDATION_FAILED
    assert "has 'error'" in story.rollout.cause_text
    check(story)


def test_while_a_person_is_asked_each_input_is_sent_once_and_no_more() -> None:
    story = predicting(Kind.FLIPPED, 0.2)
    until_held(story)

    story.pass_time(HOUR)

    assert held_for(story) is HoldReason.PREDICTIONS
    assert sum(sent(story)) == story.bundle.inputs
    check(story)


@pytest.mark.parametrize(
    ("kind", "breach"),
    [
        (Kind.LOST, "lost 'score'"),
        (Kind.NULL, "null at 'score'"),
        (Kind.OUT_OF_RANGE, "out of 0..1 at"),
    ],
)
def test_what_stable_taught_before_any_traffic_is_asked_of_later_answers_too(
    kind: Kind, breach: str
) -> None:
    quality = Quality(difference=Difference.EXPECTED)
    story = predicting(Kind.USUAL, policy=replace(JUDGED, quality=quality))
    story.until_phase(Phase.BAKING)
    assert story.rollout.exam.learnt.answers == 40

    story.serves("2", Behaviour(predicts=Prediction(kind, 0.5)))
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert breach in story.rollout.cause_text
    computed_again(story)


def test_a_contract_that_is_broken_from_the_start_needs_no_probe() -> None:
    story = predicting(Kind.LOST, 0.2, policy=replace(JUDGED, quality=Quality()))

    story.until_quiet(within=HOUR)

    assert "break the contract: lost 'score'" in story.rollout.cause_text
    assert sent(story) == []
    check(story)


def test_a_misspelt_path_does_not_make_answers_alike() -> None:
    misspelt = replace(QUALITY, compared=replace(QUALITY.compared, paths=("lable",)))
    story = predicting(Kind.FLIPPED, 0.3, policy=replace(JUDGED, quality=misspelt))

    until_held(story)

    assert "label 0 -> 1" in texts(story)
