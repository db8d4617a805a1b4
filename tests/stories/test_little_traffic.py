"""At little traffic the app itself asks both sides, and that is evidence too."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.gate.history.documents import minute_from
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.outlook import EvidenceFrom
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Cause
from rollout.core.records.signals import Verb
from tests.doubles.seam import CrashError, raising
from tests.support.stories.azure import FAILING, HEALTHY, Behaviour
from tests.support.stories.invariants import check
from tests.support.stories.probed import (
    ALWAYS,
    MINUTE,
    QUICK,
    USUAL,
    numbers,
    probing,
    quiet,
    sent,
)
from tests.support.stories.scenes import on_trial
from tests.support.stories.stage import Story
from tests.support.stories.trouble import always, unavailable

HOUR = timedelta(hours=1)
THROTTLED = 429


def baking_costs(story: Story) -> list[int]:
    """What each pass cost in storage that left a baking rollout where it was."""
    costs = [each for each in story.costs if each.before[0] is Phase.BAKING]
    return [each.storage for each in costs if each.before == each.after]


def folded_beyond(story: Story, at: datetime) -> bool:
    """The bake's minutes up to this one, and it, were folded."""
    bake = story.rollout.baking
    return bake is not None and bake.folded_until is not None and bake.folded_until > at


@pytest.mark.parametrize("per_minute", [0.1, 1.0, 10.0])
def test_a_good_version_is_promoted_at_little_traffic(per_minute: float) -> None:
    story = quiet(per_minute, Story(USUAL))

    story.register("2")
    story.until_phase(Phase.PROMOTED, within=5 * HOUR)

    assert max(baking_costs(story)) <= 2
    assert max(sent(story)) == 20
    check(story)


def test_with_one_input_a_good_version_is_promoted_without_evidence_and_that_is_said() -> None:
    """Nobody is asked, and the app's pairs last until the end."""
    stages = tuple(replace(stage, bake=15 * MINUTE) for stage in USUAL.stages)
    gate = replace(USUAL.gate, max_bake=20 * MINUTE)
    story = Story(replace(USUAL, gate=gate, stages=stages))
    story.bundle.inputs = 1
    quiet(0.1, story)

    story.register("2")
    story.until_phase(Phase.PROMOTED, within=3 * HOUR)

    assert set(story.rollout.outlook.stages) == {EvidenceFrom.NOWHERE}
    texts = [entry.text for entry in story.history()]
    assert any("advanced without evidence" in each for each in texts)
    assert not any(entry.kind == "Held" for entry in story.history())
    assert sum(sent(story)) <= Probes().max
    check(story)


def test_with_clients_enough_it_probes_before_the_first_weight_only() -> None:
    story = on_trial(Phase.BAKING, story=Story(QUICK))

    story.until_phase(Phase.PROMOTED)

    assert sent(story) == [20, 20]
    check(story)


def test_probes_can_be_asked_for_whatever_the_traffic() -> None:
    story = on_trial(Phase.BAKING, story=Story(ALWAYS))

    story.until_phase(Phase.PROMOTED)

    assert len(sent(story)) > 6
    check(story)


@pytest.mark.parametrize("probes", [None, Probes(when=ProbesWhen.NEVER)])
def test_without_probes_none_are_sent(probes: Probes | None) -> None:
    story = on_trial(Phase.BAKING, story=Story(replace(QUICK, probes=probes)))

    story.until_phase(Phase.PROMOTED)

    assert sent(story) == []


def test_an_endpoints_first_deployment_has_nothing_to_be_compared_with() -> None:
    story = Story(QUICK)

    story.register("1")
    story.until_quiet()

    assert (story.phase, sent(story)) == (Phase.SUCCEEDED, [])


def test_harm_before_the_first_weight_reaches_no_client() -> None:
    story = quiet()
    story.serves("2", Behaviour(probed=500))

    story.register("2")
    story.until_quiet()

    assert story.phase is Phase.FAILED
    assert story.rollout.cause is Cause.VALIDATION_FAILED
    assert "at 0 %: " in story.rollout.cause_text
    assert "of 40 probes" in story.rollout.cause_text
    assert story.rollout.asked_for_traffic_at is None
    check(story)


def test_harm_that_only_probes_show_rolls_back() -> None:
    story = probing(Phase.BAKING)
    story.serves("2", Behaviour(probed=424))

    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert story.rollout.cause is Cause.GATE
    assert "probes the candidate failed" in story.rollout.cause_text
    check(story)


def test_good_probes_do_not_hide_what_clients_meet() -> None:
    story = probing(Phase.BAKING, quiet(60.0))
    story.serves("2", Behaviour(failures=1.0, probed=200))

    story.until_phase(Phase.ROLLED_BACK, within=HOUR)

    assert story.rollout.cause is Cause.GATE
    assert "probes the candidate failed" not in story.rollout.cause_text
    check(story)


def test_a_429_halves_the_rate_until_the_stage_ends() -> None:
    story = probing(Phase.BAKING)
    story.serves("2", Behaviour(probed=THROTTLED))
    story.until(lambda: story.probing.rounds[-1].stopped != "")
    story.serves("2", HEALTHY)
    assert story.probing.rounds[-1].sent == 1

    story.pass_time(2 * MINUTE)
    assert sent(story)[-1] == 10
    story.until_phase(Phase.BAKING, stage=1)
    before = len(sent(story))
    story.until(lambda: len(sent(story)) > before)

    assert sent(story)[-1] == 20
    check(story)


def test_no_input_is_sent_beyond_the_most_of_a_rollout() -> None:
    """The last ones come one a minute."""
    few = replace(QUICK, probes=Probes(max=50))
    story = quiet(story=Story(few))

    story.register("2")
    story.until(lambda: sum(sent(story)) >= 50)
    story.pass_time(10 * MINUTE)

    assert sent(story) == [20, 18, *[1] * 12]


def test_nothing_is_probed_while_suspended() -> None:
    story = probing(Phase.BAKING)
    before = len(sent(story))

    story.settings(suspended=True)
    story.pass_time(5 * MINUTE)
    assert len(sent(story)) == before
    story.settings(suspended=False)
    story.pass_time(3 * MINUTE)

    assert len(sent(story)) > before


@pytest.mark.parametrize("phase", [Phase.VALIDATING, Phase.BAKING])
def test_nothing_is_probed_while_a_person_paused(phase: Phase) -> None:
    story = probing(phase)
    before = len(sent(story))

    story.command(Verb.PAUSE)
    story.pass_time(5 * MINUTE)
    assert (story.phase, len(sent(story))) == (phase, before)
    story.clock.by(timedelta(seconds=10))
    story.command(Verb.RESUME)
    story.until_phase(Phase.PROMOTED, within=HOUR)

    check(story)


def test_a_command_and_an_alert_never_probe() -> None:
    story = probing(Phase.BAKING)
    story.pass_time(MINUTE)
    before = len(sent(story))

    story.clock.by(MINUTE)
    story.command(Verb.PAUSE)
    story.command(Verb.RESUME)
    story.alert("green-2")

    assert (story.phase, len(sent(story))) == (Phase.ROLLING_BACK, before)
    story.until_phase(Phase.ROLLED_BACK)
    assert len(sent(story)) == before


def test_a_lost_race_sends_nothing_again() -> None:
    story = probing(Phase.BAKING)
    story.clock.by(MINUTE)
    before = len(sent(story))

    def other_writer() -> None:
        story.command(Verb.PAUSE)
        story.command(Verb.RESUME)

    story.seam.once_before("store.commit", other_writer)
    story.work()

    assert len(sent(story)) == before + 1
    assert story.rollout.own.probed_at is not None
    assert story.rollout.own.probed_at < story.clock.now.replace(second=0)
    story.until_phase(Phase.PROMOTED, within=HOUR)
    check(story)


@pytest.mark.parametrize("winner", ["a person", "another pass"])
def test_what_a_pass_sent_that_lost_its_race_is_not_taken_for_clients_requests(winner: str) -> None:
    story = probing(Phase.BAKING)
    story.clock.by(MINUTE)

    def first() -> None:
        if winner == "another pass":
            story.work()
        else:
            story.command(Verb.PAUSE)
            story.command(Verb.RESUME)

    story.seam.once_before("store.commit", first)
    story.work()
    at = story.clock.now.replace(second=0, microsecond=0)
    rollout = story.rollout.id
    story.until(lambda: folded_beyond(story, at), within=HOUR)

    (folded,) = (
        minute_from(each.data)
        for each in story.ports.store.minutes(story.endpoint, rollout)
        if each.minute == at and "candidate" in each.data
    )
    assert folded.candidate is not None
    assert folded.candidate.requests < 1
    check(story)


@pytest.mark.parametrize("after", [False, True], ids=["before the save", "after it"])
def test_a_crash_between_sending_and_saving_loses_that_pass_alone(
    after: bool,  # noqa: FBT001 - a table's column
) -> None:
    story = probing(Phase.BAKING)
    story.pass_time(MINUTE)
    story.clock.by(MINUTE)
    hook = story.seam.once_after if after else story.seam.once_before
    hook("store.commit", raising(CrashError("store.commit")))
    with pytest.raises(CrashError):
        story.work()
    story.restart()
    story.pass_time(2 * MINUTE)

    lost, following = story.probing.rounds[-2:]
    assert lost.at < following.at or not after
    begins = numbers(lost).start if not after else numbers(lost).stop
    assert numbers(following).start in {begins, begins + 20}
    story.until_phase(Phase.PROMOTED, within=HOUR)
    check(story)


def test_live_minutes_are_those_of_clients() -> None:
    story = probing(Phase.BAKING, quiet(10.0))
    story.until(lambda: any("own" in data for data in minutes(story)))

    told = next(data for data in minutes(story) if "own" in data)

    assert told["own"] == {"candidate": {"200": 20}, "stable": {"200": 20}}
    live = minute_from(told)
    assert live.candidate is not None
    assert live.stable is not None
    assert (live.candidate.requests, live.stable.requests) == (1.0, 9.0)


def minutes(story: Story) -> list[Mapping[str, Any]]:
    with story.unseen():
        records = story.store.minutes(story.endpoint, story.rollout.id)
    return [each.data for each in records if each.pair is None]


def test_metrics_that_do_not_count_probes_are_taken_as_they_are() -> None:
    story = quiet(10.0, Story(USUAL))
    story.addressed.counted = False

    story.register("2")
    story.until_phase(Phase.BAKING)
    story.until(lambda: not story.rollout.own.counted, within=HOUR)
    story.until_phase(Phase.BAKING, stage=1, within=2 * HOUR)

    notices = [each for each in story.history() if each.kind == "Notice"]
    assert ["do not count" in each.text for each in notices] == [True]
    assert not any("own" in data for data in minutes(story)[-5:])
    check(story)


@pytest.mark.parametrize("lost", ["inputs", "answers"])
def test_what_keeps_probes_from_being_sent_stops_nothing_else(lost: str) -> None:
    story = quiet(100.0, Story(ALWAYS))
    if lost == "inputs":
        story.bundle.inputs = 0
    else:
        always(story.seam, lambda name: name == "probing.probe", unavailable)

    story.register("2")
    story.until_phase(Phase.PROMOTED, within=2 * HOUR)

    assert sent(story) == []
    assert story.log.lines
    check(story)


def test_a_failing_version_is_found_sooner_than_by_its_clients() -> None:
    story = quiet(1.0)
    story.serves("2", FAILING)

    story.register("2")
    story.until_quiet(within=3 * HOUR)

    assert story.phase in {Phase.FAILED, Phase.ROLLED_BACK}
    check(story)
