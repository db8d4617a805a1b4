"""A history that ran ahead of its row, as after a restore of the tables: found, told, repaired."""

import pytest

from rollout.cli.repairing import DAMAGED, SOUND, repair
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason
from rollout.core.records.signals import Verb
from rollout.errors import DamagedHistoryError, RefusedError, StaleRowError
from rollout.ports import Commit
from rollout.service.repairing import Repair
from rollout.service.saving import BEYOND_HEAD
from tests.doubles.seam import raising
from tests.support.stories.scenes import HOUR, MINUTE, on_trial
from tests.support.stories.stage import Story


def restored() -> Story:
    """The owner row is an older copy; its history has one row more."""
    story = on_trial(Phase.BAKING, 0)
    older = story.store.entity(story.endpoint)
    story.until_phase(Phase.BAKING, stage=1, within=HOUR)
    story.store.plant(older)
    return story


def test_a_row_beyond_the_end_is_told_once_and_refused_in_words() -> None:
    story = restored()
    story.pass_time(10 * MINUTE)
    assert sum(BEYOND_HEAD in each for each in story.log.attentions) == 1
    assert not [line for line in story.log.lines if line.startswith("a pass gave way")]
    with pytest.raises(DamagedHistoryError, match="rollout repair"):
        story.command(Verb.ROLLBACK)
    with pytest.raises(DamagedHistoryError, match="rollout repair"):
        story.alert("green-2")
    story.pass_time(10 * MINUTE)
    assert sum(BEYOND_HEAD in each for each in story.log.attentions) == 1


def test_repair_shows_the_rows_adopts_them_and_holds_what_could_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = restored()
    story.pass_time(5 * MINUTE)
    before = story.current.sequence
    assert repair(story.ports, story.endpoint, story.clock.now, adopt=False) == DAMAGED
    assert story.current.sequence == before
    assert repair(story.ports, story.endpoint, story.clock.now, adopt=True) == SOUND
    said = capsys.readouterr().out
    assert "PhaseChanged" in said
    assert "is held" in said
    assert story.current.damaged == ""
    hold = story.rollout.hold
    assert hold is not None
    assert hold.reason is HoldReason.OPERATOR
    assert [entry.sequence for entry in story.history()] == list(
        range(1, story.current.sequence + 1)
    )
    assert story.history()[-1].kind == "Repaired"
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=3 * HOUR)
    assert (story.phase, story.split) == (Phase.ROLLED_BACK, {"blue-0": 100})


def test_a_sound_endpoint_needs_no_repair(capsys: pytest.CaptureFixture[str]) -> None:
    story = on_trial(Phase.BAKING, 0)
    assert repair(story.ports, story.endpoint, story.clock.now, adopt=True) == SOUND
    assert "nothing to repair" in capsys.readouterr().out
    assert Repair(story.ports, story.endpoint.replace("fraud", "nobody")).beyond() == ()
    with pytest.raises(RefusedError):
        Repair(story.ports, story.endpoint).adopt((), story.clock.now, "ann")


def test_repair_of_an_ended_rollout_holds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    story = on_trial(Phase.BAKING, 0)
    story.command(Verb.ROLLBACK)
    story.until_quiet(within=3 * HOUR)
    stored = story.row
    assert stored is not None
    extra = story.history()[-1]
    older = story.store.entity(story.endpoint)
    story.put_model("3")
    story.offer("3")
    story.pass_time(MINUTE)
    story.store.plant(older)
    assert repair(story.ports, story.endpoint, story.clock.now, adopt=True) in (SOUND, DAMAGED)
    assert story.rollout.hold is None
    assert extra.phase is Phase.ROLLED_BACK
    capsys.readouterr()


def test_a_save_that_is_refused_without_a_race_is_counted_and_told() -> None:
    story = on_trial(Phase.BAKING, 0)
    refuse = raising(StaleRowError("412"))

    def refused(name: str) -> None:
        if name == "store.commit" and not counting:
            refuse()

    counting: list[bool] = []
    working = story.service._working
    count = working._count

    def counted(*given: object) -> None:
        counting.append(True)
        count(*given)  # type: ignore[arg-type]  # as the pass gave them
        counting.clear()

    working._count = counted  # type: ignore[method-assign,assignment]  # only counting gets through
    story.seam.before.append(refused)
    story.pass_time(10 * MINUTE)
    assert sum("passes in a row failed" in text for text in story.log.attentions) == 1
    story.seam.before.remove(refused)


def test_a_lost_race_on_a_history_row_is_no_damage() -> None:
    story = on_trial(Phase.BAKING, 0)
    stored = story.row
    assert stored is not None

    def pause() -> None:
        story.command(Verb.PAUSE)

    story.seam.once_before("store.commit", pause)
    assert story.alert("green-2").outcome == "rolling back"
    assert not any(BEYOND_HEAD in each for each in story.log.attentions)
    with pytest.raises(StaleRowError):
        story.store.commit(Commit(stored.current, stored))
