"""What clients were answered, as data collectors wrote it, stops a version of status 200."""

from dataclasses import replace
from datetime import timedelta

import pytest

from localazure.stack.predictions import Kind, Prediction
from rollout.core.gate import answers_told
from rollout.core.policy.model import Stage
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause, HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import ArmThrottledError
from rollout.inbound.stream_views import predictions_view
from rollout.units import MINUTE
from tests.doubles.seam import CrashError, raising
from tests.support.role import ROLE
from tests.support.stories.azure import Behaviour
from tests.support.stories.collecting import JUDGED, answers, collecting, looks
from tests.support.stories.invariants import check
from tests.support.stories.scenes import held_for
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always

HOUR = timedelta(hours=1)


def left(story: Story) -> bool:
    """The latest look had to leave some for the next."""
    return story.rollout.collected.more


def answering(kind: Kind, share: float = 1.0) -> Behaviour:
    return Behaviour(predicts=Prediction(kind, share))


def test_a_version_that_answers_as_stable_does_is_promoted() -> None:
    story, _ = collecting()
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    view = predictions_view(story.rollout)
    assert view is not None
    assert view["live"]["candidate"] == answers(story)[0] > 500
    assert view["live"]["candidateFailed"] == 0
    assert view["collected"] == {"more": False, "silent": None, "unequal": None, "leftOut": 0}
    assert not [each for each in story.history() if each.kind == "Notice" and "live" in each.text]
    check(story)


@pytest.mark.parametrize(("share", "kind"), [(1.0, Kind.ERROR), (0.3, Kind.ERROR)])
def test_errors_of_status_200_are_rolled_back(share: float, kind: Kind) -> None:
    story, _ = collecting()
    story.serves("2", answering(kind, share))
    story.register("2")
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)

    assert story.rollout.cause is Cause.GATE
    assert "error" in story.rollout.cause_text or "answers" in story.rollout.cause_text
    assert story.rollout.stage == 0
    check(story)


@pytest.mark.parametrize("every", [1, 5])
def test_sides_that_are_written_down_at_other_times_are_compared_all_the_same(every: int) -> None:
    story, _ = collecting(behind=2 * MINUTE, every=every * MINUTE)
    story.serves("2", answering(Kind.ERROR, 0.3))
    story.register("2")
    story.until_phase(Phase.ROLLED_BACK, within=2 * HOUR)

    assert (story.rollout.cause, story.rollout.stage) == (Cause.GATE, 0)
    assert "live answers are not what every answer must be" in story.rollout.cause_text
    check(story)


def test_each_answer_counts_once_though_looks_wait_for_the_other_side() -> None:
    story, _ = collecting(behind=2 * MINUTE, every=5 * MINUTE)
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    story.pass_time(30 * MINUTE)

    view = answers_told(story.policy.quality, story.rollout.gate)
    assert (view["live"]["candidate"], view["live"]["stable"]) == answers(story)
    assert answers(story)[0] > 1000
    check(story)


def test_errors_of_status_200_in_the_answers_to_copies_stop_it_before_any_client() -> None:
    mirror = Stage(0, 10 * MINUTE, mirror=20)
    story, _ = collecting(Story(replace(JUDGED, stages=(mirror, *JUDGED.stages))))
    story.serves("2", answering(Kind.ERROR, 0.3))
    story.register("2")
    story.until_phase(Phase.FAILED, within=2 * HOUR)

    assert (story.rollout.cause, story.rollout.stage) == (Cause.GATE, 0)
    writes = story.world.log.of("endpoints.put")
    assert not [each for each in writes if "green-2" in each.after.split.live]
    check(story)


def test_harm_that_shows_only_while_stable_is_kept_is_rolled_back() -> None:
    story, _ = collecting()
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    promoted = story.clock.now
    story.serves("2", answering(Kind.ERROR, 0.5))
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert story.rollout.cause is Cause.GATE
    back = next(each for each in story.history() if "ROLLING_BACK" in each.text)
    assert back.at - promoted < 10 * MINUTE
    assert story.split == {"blue-0": 100}
    check(story)


def test_harm_rolls_back_in_the_keep_though_it_is_held() -> None:
    story, _ = collecting()
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    story.command(Verb.PAUSE)
    assert held_for(story) is HoldReason.OPERATOR
    story.serves("2", answering(Kind.ERROR, 0.5))
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    check(story)


def test_another_distribution_of_labels_waits_for_a_person() -> None:
    story, _ = collecting()
    story.serves("2", answering(Kind.CONSTANT, 0.7))
    story.register("2")
    story.until_started("2", within=HOUR)
    story.until(lambda: story.rollout.hold is not None, within=3 * HOUR)

    assert held_for(story) in {HoldReason.PREDICTIONS, HoldReason.GATE}
    check(story)


@pytest.mark.parametrize("silent", ["candidate", "stable"])
def test_a_silent_collector_passes_nothing_fails_nothing_and_is_told(silent: str) -> None:
    story, _ = collecting()
    story.register("2")
    story.until_phase(Phase.SHIFTING)
    name = story.rollout.candidate if silent == "candidate" else "blue-0"
    story.predictions.off.add(name)
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    told = f"live answers are not judged as the policy asks: {name} does not collect model_outputs"
    view = predictions_view(story.rollout)
    assert view is not None
    assert view["collected"]["silent"] == f"{name} does not collect model_outputs"
    notices = [each for each in story.history() if each.kind == "Notice" and told in each.text]
    # Once by itself, and where it is promoted.
    assert [each.phase for each in notices] == [Phase.BAKING, Phase.PROMOTED]
    passed = [each.text for each in story.history() if each.data.get("finding") == "stage passed"]
    assert passed
    assert all(told in text for text in passed)
    check(story)


def test_that_stable_is_silent_once_it_has_no_traffic_alarms_nobody() -> None:
    soak = replace(JUDGED.stages[-1], bake=40 * MINUTE)
    story, _ = collecting(Story(replace(JUDGED, stages=(*JUDGED.stages[:-1], soak))))
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=3 * HOUR)
    story.pass_time(30 * MINUTE)

    assert not [each for each in story.history() if "live answers are not judged" in each.text]
    assert story.rollout.collected.silent == ""
    check(story)


def test_unequal_sampling_is_told() -> None:
    story, _ = collecting()
    story.predictions.sampling["blue-0"] = 0.1
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    passed = [each.text for each in story.history() if each.data.get("finding") == "stage passed"]
    assert all("0.1 of stable's" in text for text in passed)
    check(story)


def test_what_cannot_be_read_stops_nothing() -> None:
    story, _ = collecting()
    story.predictions.unreadable = "the container does not answer"
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    assert "the container does not answer" in story.rollout.collected.silent
    assert not list(looks(story))
    check(story)


def test_no_look_waits_for_answers_that_azure_refuses_to_show() -> None:
    story, _ = collecting()
    always(
        story.seam,
        lambda name: name == "predictions.read",
        lambda name: ArmThrottledError(name, wait=MINUTE),
    )
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    assert not [line for line in story.log.lines if "waits for its turn" in line]


def test_without_the_right_to_read_it_goes_on_and_says_so() -> None:
    rights = [each for each in ROLE.everything if "datastores" not in each]
    story, _ = collecting(Story(JUDGED, actions=rights))
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    assert "datastores/read" in story.rollout.collected.silent
    check(story)


def test_without_the_right_to_data_assets_nothing_is_made_and_nobody_is_blamed() -> None:
    """A candidate that collects among others' data, or nowhere, is not what the policy asks for."""
    rights = [each for each in ROLE.everything if "/data/" not in each]
    story, _ = collecting(Story(JUDGED, actions=rights))
    story.register("2")
    story.until_phase(Phase.FAILED, within=HOUR)

    assert "data/versions/read" in story.rollout.cause_text
    assert not story.rollout.earlier_quarantines
    check(story)


def test_they_are_read_once_a_minute_at_most() -> None:
    story, _ = collecting()
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    before, began = story.seam.calls["predictions.read"], story.clock.now
    story.pass_time(20 * MINUTE)

    read = story.seam.calls["predictions.read"] - before
    assert 15 <= read <= (story.clock.now - began) // MINUTE + 1


def test_a_backlog_is_read_in_several_looks_and_counted_once() -> None:
    story, _ = collecting()
    story.predictions.most = 30
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    assert left(story)
    story.predictions.most = 100_000
    story.pass_time(10 * MINUTE)

    view = answers_told(story.policy.quality, story.rollout.gate)
    assert (view["live"]["candidate"], view["live"]["stable"]) == answers(story)
    assert not left(story)
    check(story)


@pytest.mark.parametrize("crash", ["before", "after"])
def test_each_answer_counts_once_whatever_crashes(crash: str) -> None:
    story, _ = collecting()
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    dying = raising(CrashError())

    def die() -> None:
        where = story.seam.once_before if crash == "before" else story.seam.once_after
        where("store.commit", dying)

    for number in range(1, 12):
        story.at(story.clock.now + number * 2 * MINUTE, die)
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    told = answers_told(story.policy.quality, story.rollout.gate)["live"]
    assert (told["candidate"], told["stable"]) == answers(story)
    check(story)


def test_minutes_in_which_the_app_asked_itself_are_left_out() -> None:
    probes = Probes(when=ProbesWhen.ALWAYS, rate=5)
    story, _ = collecting(Story(replace(JUDGED, probes=probes)))
    story.register("2")
    story.until_phase(Phase.PROMOTED, within=3 * HOUR)

    probed = {each.at for each in story.probing.rounds}
    counted = {batch.minute for look in looks(story) for batch in look}
    assert probed
    assert counted
    assert not probed & counted
    assert story.rollout.collected.left_out > 0
    check(story)


def test_what_mirrored_requests_are_answered_counts_before_any_client_is() -> None:
    shadow = Stage(0, 10 * MINUTE, mirror=20)
    story, _ = collecting(Story(replace(JUDGED, stages=(shadow, *JUDGED.stages))))
    story.serves("2", answering(Kind.ERROR, 0.5))
    story.register("2")
    story.until_phase(Phase.FAILED, within=2 * HOUR)

    assert story.rollout.asked_for_traffic_at is None
    assert story.rollout.cause is Cause.GATE
    check(story)
