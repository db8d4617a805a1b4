"""Versions registered faster than any of them can be judged: one is finished, and a person told."""

from rollout.core.machine.conclude import MAX_REPLACEMENTS_IN_A_ROW
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from tests.support.stories.invariants import check
from tests.support.stories.scenes import HOUR, MINUTE, wins
from tests.support.stories.stage import Story

FIRST = 2
STARVED = FIRST + MAX_REPLACEMENTS_IN_A_ROW


def hurried(versions: int) -> Story:
    """Every five minutes another version, less than creation and the first bake take."""
    story = Story()
    story.adopt()
    story.pass_time(2 * MINUTE)
    for version in range(FIRST, FIRST + versions):
        story.register(str(version))
        story.pass_time(5 * MINUTE)
    return story


def asked_about(story: Story) -> list[str]:
    return [text for text in story.log.attentions if "in a row were replaced" in text]


def test_after_three_replacements_in_a_row_the_running_version_is_finished_first() -> None:
    story = hurried(versions=30)
    assert story.split != {"blue-0": 100}, "one of them was promoted"
    promoted = [
        step.after.rollout.release.version
        for step in story.store.journal
        if step.after.rollout is not None and step.after.rollout.phase is Phase.PROMOTED
    ]
    assert promoted[0] == str(STARVED)
    story.until_quiet(within=6 * HOUR)
    assert story.version == "31"
    check(story)


def test_one_attention_says_why_the_newer_version_waits() -> None:
    story = hurried(versions=MAX_REPLACEMENTS_IN_A_ROW + 2)
    (asked,) = asked_about(story)
    assert (
        f"version {STARVED + 1} waits until version {STARVED} has ended, because "
        f"{MAX_REPLACEMENTS_IN_A_ROW} versions in a row were replaced"
    ) in asked
    story.pass_time(5 * MINUTE)
    assert story.version == str(STARVED)
    assert asked_about(story) == [asked]


def test_cancel_of_the_running_version_starts_the_newer_one_at_once() -> None:
    story = hurried(versions=MAX_REPLACEMENTS_IN_A_ROW + 2)
    story.command(Verb.CANCEL, version=str(STARVED))
    story.until_started(str(STARVED + 1), within=10 * MINUTE)
    wins(story, str(STARVED + 1))
