"""Before each raise the candidate is sent requests of the app's own, where the policy says so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.machine.warming import WARM_UP_LOOKS
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from tests.doubles.seam import CrashError, raising
from tests.support.stories.azure import HEALTHY, Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.probed import MINUTE, QUICK, quiet, sent
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, unavailable

COUNT = 30
HOUR = timedelta(hours=1)
WARM = replace(QUICK, probes=Probes(when=ProbesWhen.NEVER, warm_up=COUNT))
RAISES = len(WARM.stages)
THROTTLED = 429


def answered(story: Story) -> list[int]:
    """How many requests each pass that warmed up had answers to."""
    return [each.answered for each in story.probing.warmed]


def test_each_raise_follows_warm_up_requests() -> None:
    story = on_trial(Phase.SHIFTING, story=Story(WARM))
    assert answered(story) == [COUNT]

    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    assert answered(story) == [COUNT] * RAISES
    assert sent(story) == []
    shifts = [each.text for each in story.history() if "asking for" in each.text]
    assert all("; 30 of 30 warm-up requests answered" in text for text in shifts)
    check(story)


def test_the_candidate_is_warm_when_probes_first_meet_it() -> None:
    story = quiet(story=Story(replace(QUICK, probes=Probes(warm_up=COUNT))))

    story.register("2")
    story.until(lambda: bool(story.probing.warmed))
    assert sent(story) == []
    story.until_phase(Phase.PROMOTED, within=HOUR)

    assert answered(story) == [COUNT] * RAISES
    check(story)


def test_answers_to_warm_up_requests_harm_nobody() -> None:
    """Nothing but these meets the failures, so nothing shows them."""
    story = Story(WARM)
    story.serves("2", Behaviour(probed=500))

    on_trial(Phase.BAKING, story=story)
    story.until_quiet(within=2 * HOUR)

    assert story.phase is Phase.SUCCEEDED
    assert answered(story) == [COUNT] * RAISES
    check(story)


def test_a_429_delays_the_raise_and_does_not_stop_it() -> None:
    story = Story(WARM)
    story.serves("2", Behaviour(probed=THROTTLED))

    on_trial(Phase.BAKING, story=story)

    assert answered(story) == [0] * WARM_UP_LOOKS
    story.serves("2", HEALTHY)
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    check(story)


@pytest.mark.parametrize("lost", ["inputs", "answers"])
def test_what_keeps_them_from_being_sent_delays_the_raise_and_no_more(lost: str) -> None:
    story = Story(WARM)
    if lost == "inputs":
        story.bundle.inputs = 0
    else:
        always(story.seam, lambda name: name == "probing.warm_up", unavailable)

    on_trial(Phase.BAKING, story=story)

    assert answered(story) == []
    tries = [line for line in story.log.lines if "own requests were not sent" in line]
    assert len(tries) == WARM_UP_LOOKS


@pytest.mark.parametrize("suspended", [True, False], ids=["suspended", "paused"])
def test_nothing_is_sent_in_a_halt(suspended: bool) -> None:  # noqa: FBT001 - a table's column
    story = on_trial(Phase.BAKING, story=Story(WARM))
    before = len(answered(story))

    if suspended:
        story.settings(suspended=True)
    else:
        story.command(Verb.PAUSE)
    story.pass_time(30 * MINUTE)
    assert (story.phase, story.rollout.stage, len(answered(story))) == (Phase.BAKING, 0, before)
    if suspended:
        story.settings(suspended=False)
    else:
        story.command(Verb.RESUME)
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)

    assert answered(story) == [COUNT] * (before + 1)
    check(story)


def test_an_operators_advance_raises_without() -> None:
    story = on_trial(Phase.BAKING, story=Story(WARM))
    before = len(answered(story))

    story.command(Verb.ADVANCE, skip_evidence=True)
    story.until_phase(Phase.BAKING, stage=1)

    assert len(answered(story)) == before


def test_a_way_back_is_never_later_for_them() -> None:
    story = on_trial(Phase.BAKING, story=Story(WARM))
    before = len(answered(story))

    story.alert("green-2")
    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert len(answered(story)) == before
    check(story)


@pytest.mark.parametrize("after", [False, True], ids=["before the save", "after it"])
def test_a_crash_sends_at_most_one_look_again(
    after: bool,  # noqa: FBT001 - a table's column
) -> None:
    story = Story(WARM)
    story.adopt()
    story.pass_time(HOUR)

    def crash() -> None:
        hook = story.seam.once_after if after else story.seam.once_before
        hook("store.commit", raising(CrashError("store.commit")))

    story.seam.once_after("probing.warm_up", crash)
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)

    assert answered(story) == [COUNT] * (1 if after else 2)
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)
    check(story)


def test_they_are_no_clients_requests() -> None:
    """Paused before the raise, the stage goes on to be judged, their minute included."""
    story = on_trial(Phase.BAKING, story=Story(WARM))
    story.serves("2", Behaviour(probed=THROTTLED))
    story.until(lambda: story.rollout.own.warm_up.looks > 0)

    story.command(Verb.PAUSE)
    story.pass_time(10 * MINUTE)

    with story.unseen():
        records = story.store.minutes(story.endpoint, story.rollout.id)
    minutes = [each.data for each in records if each.pair is None]
    sent_in = [each["own"] for each in minutes if "own" in each]
    assert sum(each["candidate"]["429"] for each in sent_in) >= 1
    assert all(each["stable"] == {} for each in sent_in)
    for minute in minutes:
        sides = minute["candidate"], minute["stable"]
        assert sum(each["requests"] for each in sides) == pytest.approx(story.metrics.per_minute)
        assert sum(each["failures"] for each in sides) == 0
    check(story)
