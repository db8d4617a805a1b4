"""What happens to a rollout reaches people: once, whatever fails on the way, and no noise."""

from dataclasses import replace

import pytest

from rollout.core.policy.model import Approval
from rollout.core.policy.notify_model import USUAL, About, Route
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import MessageDelayedError, MessageRefusedError
from tests.doubles.seam import CrashError, raising
from tests.support.stories.azure import FAILING
from tests.support.stories.people import People
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, MINUTE, held_for
from tests.support.stories.stage import Story

APPROVED = replace(
    POLICY, stages=(replace(POLICY.stages[0], approval=Approval.ANYBODY), *POLICY.stages[1:])
)


def a_failing_version() -> Story:
    story = Story()
    story.adopt()
    story.serves("2", FAILING)
    story.register("2")
    return story


def rolled_back() -> Story:
    story = a_failing_version()
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    story.pass_time(MINUTE)
    return story


def test_a_rollback_is_one_message_that_says_why_and_where_to_look() -> None:
    story = a_failing_version()
    people = People(story, USUAL)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    story.pass_time(MINUTE)
    people.deliver()
    (message,) = people.on_call.arrived
    assert message.title == "fraud v2 is being rolled back (gate)"
    facts = dict(message.facts)
    assert "failed" in facts["Why"]
    assert facts["Now"].startswith("blue-0 ")
    assert [link.title for link in message.links] == ["Open"]


def test_whoever_asks_for_everything_reads_each_fact_once() -> None:
    story = Story()
    story.adopt()
    people = People(story)
    story.register("2")
    story.until_phase(Phase.SUCCEEDED, within=3 * HOUR)
    story.pass_time(MINUTE)
    people.deliver()
    assert people.titles(people.team) == [
        "fraud v2 begins its rollout",
        "fraud v2 is promoted and has all traffic",
        "fraud v2 succeeded",
    ]


def test_an_approval_is_asked_for_with_a_link_bound_to_its_stage() -> None:
    story = Story(APPROVED)
    story.adopt()
    people = People(story, USUAL)
    story.register("2")
    story.until_phase(Phase.VALIDATING, within=HOUR)
    story.until(lambda: held_for(story) is HoldReason.APPROVAL, within=3 * HOUR)
    story.pass_time(MINUTE)
    people.deliver()
    (message,) = people.on_call.arrived
    assert message.title == "fraud v2 is held (approval): somebody must act"
    orders = {link.title: link.order for link in message.links}
    approve = orders["Approve ..."]
    assert approve is not None
    assert (approve.verb, approve.rollout, approve.stage) == ("advance", story.rollout.id, 0)


def test_duplicates_of_every_event_make_no_second_message() -> None:
    story = a_failing_version()
    people = People(story)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    people.deliver(times=3)
    titles = people.titles(people.on_call)
    assert len(titles) == len(set(titles)) > 1


def test_a_crash_before_the_post_loses_nothing() -> None:
    story = a_failing_version()
    people = People(story, USUAL)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    story.seam.once_before("channel.post", raising(CrashError()))
    people.deliver()
    assert len(people.on_call.arrived) == len(people.team.arrived) == 1


def test_a_crash_between_post_and_mark_repeats_that_channel_and_no_other() -> None:
    story = a_failing_version()
    people = People(story, USUAL)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    # The second post: the first channel's outcome is noted by then.
    story.seam.once_after("channel.post", raising(CrashError()), nth=2)
    people.deliver()
    assert len(people.on_call.arrived) == 1
    assert len(people.team.arrived) == 2, "nobody can know that it had arrived"


def test_a_dead_channel_keeps_nothing_from_the_other() -> None:
    story = a_failing_version()
    people = People(story, USUAL)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    people.on_call.trouble = [MessageDelayedError("it answered 503")] * 5
    people.deliver()
    assert (people.on_call.asked, people.team.asked) == (6, 1)
    assert len(people.on_call.arrived) == len(people.team.arrived) == 1


def test_a_channel_that_refuses_is_told_of_once_by_its_name() -> None:
    story = a_failing_version()
    people = People(story, USUAL)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    people.on_call.trouble = [MessageRefusedError("it answered 410 channel_is_archived")]
    people.deliver(times=2)
    (line,) = [line for line in story.log.attentions if "channel on-call" in line]
    assert "channel_is_archived" in line
    assert (people.on_call.arrived, len(people.team.arrived)) == ([], 1)


@pytest.mark.parametrize("known", [True, False])
def test_a_service_that_left_the_bundle_still_reaches_the_usual_channels(known: bool) -> None:  # noqa: FBT001
    story = a_failing_version()
    people = People(story, USUAL)
    own = replace(story.policy, notify=(Route("team", (About.ROLLED_BACK,)),))
    story.bundle.policies["fraud"] = own
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    if not known:
        del story.bundle.policies["fraud"]
    people.deliver()
    assert len(people.on_call.arrived) == (0 if known else 1)
    assert len(people.team.arrived) == 1


def test_a_route_counts_as_it_is_published_now_not_as_it_was_frozen() -> None:
    story = a_failing_version()
    people = People(story, USUAL)
    story.until_phase(Phase.ROLLED_BACK, within=3 * HOUR)
    story.bundle.policies["fraud"] = replace(story.policy, notify=())
    people.deliver()
    assert people.on_call.asked == people.team.asked == 0


def test_an_operators_pause_is_news_only_for_those_who_ask() -> None:
    story = Story()
    story.adopt()
    usual, everything = People(story, USUAL), People(story)
    story.register("2")
    story.until_phase(Phase.BAKING, within=HOUR)
    story.command(Verb.PAUSE)
    story.pass_time(MINUTE)
    usual.deliver()
    assert usual.on_call.asked == 0
    everything.deliver()
    assert "fraud v2 is held (operator)" in everything.titles(everything.team)
    pause = everything.team.arrived[-1]
    assert dict(pause.facts)["By"] == "ann"


def test_rows_of_messages_go_after_their_time() -> None:
    story = rolled_back()
    people = People(story)
    people._told = 0
    people.deliver()
    assert story.deliveries.rows
    old = min(row.claimed for row in story.deliveries.rows.values())
    kept = story.limits.retention.messages
    story.clock.now = old + kept + HOUR
    story.service.tick(story.clock.now)
    assert not story.deliveries.rows
