"""When live answers are read, what a look keeps of them, and what is said of those it lacks."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from rollout.core.gate.history.prediction_documents import predictions_from
from rollout.core.machine.live_answers import (
    MOST_BATCHES,
    WAIT,
    asked_itself,
    counts_since,
    impaired,
    told_once,
    wants_live_answers,
    with_live_answers,
)
from rollout.core.policy.quality_model import Live, Output, OutputKind, Quality
from rollout.core.reads import ReadPredictions, reads_needed
from rollout.core.records.collected import Collected
from rollout.core.records.observation import MetricsSeen, Observation, Unreachable
from rollout.core.records.own_requests import OwnMinute
from rollout.core.records.phases import Phase
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch
from rollout.core.records.rollout import Rollout
from tests.support.builders import (
    BLUE,
    GREEN,
    NOW,
    POLICY,
    a_current,
    a_deployment,
    a_rollout,
    after,
    deployments,
)
from tests.support.mirrors import MIRRORING, mirroring

LIVE = Live(outputs=(Output("label", OutputKind.LABEL),))
JUDGED = replace(POLICY, quality=Quality(live=LIVE))
BAKING = a_rollout(Phase.BAKING, policy=JUDGED)
KEPT = a_rollout(Phase.PROMOTED, policy=JUDGED)
BINS = (Bins("label", classes=("0", "1")),)
LOOKED_AT = after(5)
BOTH = Observation(deployments=deployments(BLUE, GREEN))


def batch(minute: int, candidate: int = 1, stable: int = 9, **changes: Any) -> Batch:
    return Batch(after(minute), SideBatch(candidate, **changes), SideBatch(stable))


def read(*batches: Batch, **changes: Any) -> PredictionsSeen:
    return PredictionsSeen(batches, cursor={"at": len(batches)}, **changes)


def folded(
    rollout: Rollout, found: PredictionsSeen | Unreachable, now: datetime = LOOKED_AT
) -> tuple[Rollout, tuple[Any, ...]]:
    return with_live_answers(rollout, Observation(predictions=found), now)


@pytest.mark.parametrize("rollout", [BAKING, KEPT])
def test_they_are_read_while_a_stage_bakes_and_while_stable_is_kept(rollout: Rollout) -> None:
    assert wants_live_answers(rollout, BOTH, NOW)
    assert ReadPredictions() in reads_needed(a_current(rollout), BOTH, NOW, suspended=False)


@pytest.mark.parametrize(
    ("rollout", "shown"),
    [
        (a_rollout(Phase.BAKING), BOTH),
        (replace(BAKING, policy=replace(POLICY, quality=Quality())), BOTH),
        (replace(BAKING, stable=None), BOTH),
        (replace(BAKING, baseline=None), BOTH),
        (a_rollout(Phase.SHIFTING, policy=JUDGED), BOTH),
        (a_rollout(Phase.RETIRING, policy=JUDGED), BOTH),
        (a_rollout(Phase.ROLLING_BACK, policy=JUDGED), BOTH),
        (BAKING, Observation()),
        (BAKING, Observation(deployments=Unreachable("gone"))),
        (BAKING, Observation(deployments={GREEN: a_deployment(GREEN)})),
        (BAKING, replace(BOTH, metrics=MetricsSeen(unreachable="down"))),
    ],
)
def test_else_nothing_is_read(rollout: Rollout, shown: Observation) -> None:
    assert not wants_live_answers(rollout, shown, NOW)


def test_they_are_read_once_a_minute() -> None:
    rollout = replace(BAKING, collected=Collected(read_at=NOW))

    assert not wants_live_answers(rollout, BOTH, after(0.9))
    assert wants_live_answers(rollout, BOTH, after(1))


def test_answers_count_from_when_the_candidate_had_requests_or_copies_of_them() -> None:
    assert counts_since(BAKING) == BAKING.asked_for_traffic_at
    assert counts_since(replace(BAKING, asked_for_traffic_at=None)) == BAKING.since
    mirrored = replace(BAKING, asked_for_traffic_at=after(20), asked_for_mirror_at=after(-5))
    assert counts_since(mirrored) == after(-5)


def test_the_record_of_a_mirror_stage_names_its_mirror() -> None:
    policy = replace(MIRRORING, quality=JUDGED.quality)
    _, (record,) = folded(mirroring(Phase.BAKING, policy=policy), read(batch(1), bins=BINS))
    assert (record.data["weight"], record.data["mirror"]) == (0, 20)


def test_what_was_read_is_in_the_gates_state_the_row_and_a_record() -> None:
    rollout, (record,) = folded(
        BAKING, read(batch(1), batch(2), bins=BINS, more=True, silent="s", unequal="u")
    )

    assert rollout.gate["quality"]["live"]
    assert rollout.collected == Collected({"at": 2}, after(5), True, "s", "u")
    assert (record.minute, record.stage, record.answers) == (after(5), 0, True)
    assert (record.data["weight"], record.data["window"]) == (10, NOW.isoformat())
    assert predictions_from(record.data["predictions"]).batches == (batch(1), batch(2))


def test_bins_are_written_down_once() -> None:
    first, (record,) = folded(BAKING, read(bins=BINS))
    assert predictions_from(record.data["predictions"]).bins == BINS

    _, (again,) = folded(first, read(batch(6), bins=BINS), after(6))
    assert predictions_from(again.data["predictions"]).bins == ()


def test_a_look_that_found_nothing_leaves_no_record() -> None:
    rollout, records = folded(BAKING, read())

    assert (rollout.collected.read_at, records) == (after(5), ())


def test_a_look_that_could_not_read_keeps_the_cursor() -> None:
    first, _ = folded(BAKING, read(batch(1)))
    second, records = folded(first, Unreachable("collected answers: 403"), after(6))

    assert second.collected == replace(
        first.collected, read_at=after(6), silent="collected answers: 403"
    )
    assert (second.gate, records) == (first.gate, ())


def test_without_a_look_nothing_changes() -> None:
    assert with_live_answers(BAKING, Observation(), NOW) == (BAKING, ())
    plain = a_rollout(Phase.BAKING)
    assert folded(plain, read(batch(1))) == (plain, ())


def test_minutes_in_which_the_app_asked_are_left_out() -> None:
    asked = asked_itself(BAKING, [OwnMinute(after(2), {"200": 3}), OwnMinute(after(3))])
    rollout, (record,) = folded(asked, read(batch(1), batch(2, 4, 5), batch(3)))

    batches = predictions_from(record.data["predictions"]).batches
    assert [each.minute for each in batches] == [after(1), after(3)]
    assert rollout.collected.left_out == 9
    later, _ = folded(rollout, read(batch(2, 1, 1)), after(6))
    assert later.collected.left_out == 11


def test_where_live_answers_are_not_judged_nothing_is_remembered() -> None:
    plain = a_rollout(Phase.BAKING)

    assert asked_itself(plain, [OwnMinute(NOW, {"200": 1})]) == plain


def test_after_a_long_pause_neighbours_are_joined() -> None:
    count = 2 * MOST_BATCHES + 1
    rollout, (record,) = folded(
        BAKING, read(*(batch(minute) for minute in range(count))), after(count)
    )

    batches = predictions_from(record.data["predictions"]).batches
    assert len(batches) <= MOST_BATCHES
    assert sum(each.stable.answers for each in batches) == 9 * count
    assert [each.minute for each in batches[:2]] == [after(0), after(3)]
    assert rollout.collected.cursor == {"at": count}


def test_what_is_in_the_way_is_said_and_told_once() -> None:
    rollout, _ = folded(BAKING, read(silent="blue does not collect"))
    text = "live answers are not judged as the policy asks: blue does not collect"
    assert impaired(rollout) == text

    told, notice = told_once(rollout)
    assert (notice, told.collected.told) == (text, True)
    assert told_once(told) == (told, "")
    later, _ = folded(told, read(silent="blue does not collect"), after(6))
    assert told_once(later) == (later, "")


def test_where_nothing_is_in_the_way_nothing_is_said() -> None:
    assert told_once(BAKING) == (BAKING, "")
    # Another policy's remains say nothing.
    assert impaired(replace(a_rollout(Phase.BAKING), collected=Collected(silent="x"))) == ""


def test_a_pass_reads_nothing_of_a_rollout_that_ended() -> None:
    current = a_current(a_rollout(Phase.SUCCEEDED, policy=JUDGED))

    assert ReadPredictions() not in reads_needed(current, BOTH, NOW, suspended=False)


def minutes_of(rollout: Rollout, *batches: Batch, now: datetime = LOOKED_AT) -> list[Any] | None:
    """What one look folds, as (minute, candidate's answers, stable's); None: it is not kept."""
    _, records = folded(rollout, read(*batches, bins=BINS), now)
    if not records:
        return None
    found = predictions_from(records[0].data["predictions"]).batches
    return [(each.minute, each.candidate.answers, each.stable.answers) for each in found]


def test_neighbours_are_one_batch_until_both_sides_have_answers() -> None:
    batches = batch(0, 0, 9), batch(1, 2, 0), batch(2, 1, 9), batch(3, 0, 4), batch(4, 5, 0)
    more = batch(5, 1, 0)

    found = [(after(0), 2, 9), (after(2), 1, 9), (after(3), 5 + 1, 4)]
    assert minutes_of(BAKING, *batches, more) == found
    # In the keep stable has no traffic: what its answers are from is long ago.
    assert minutes_of(KEPT, batch(0, 0, 9), batch(1, 2, 0)) == [(after(0), 0, 9), (after(1), 2, 0)]


@pytest.mark.parametrize("alone", [batch(1, 5, 0), batch(1, 0, 9)])
def test_answers_of_one_side_wait_for_the_others_for_a_while(alone: Batch) -> None:
    rollout, records = folded(BAKING, read(alone, bins=BINS, unequal="0.1"))

    assert not records
    # The next look reads them again.
    assert (rollout.gate, rollout.collected.cursor) == (BAKING.gate, BAKING.collected.cursor)
    assert (rollout.collected.read_at, rollout.collected.unequal) == (LOOKED_AT, "0.1")
    one = [(after(1), alone.candidate.answers, alone.stable.answers)]
    assert minutes_of(BAKING, alone, now=after(1) + WAIT) == one
    assert minutes_of(KEPT, alone) == one


@pytest.mark.parametrize("changes", [{"more": True}, {"silent": "stable does not collect"}])
def test_nothing_waits_for_a_side_that_is_silent_or_where_there_is_more(changes: Any) -> None:
    rollout, records = folded(BAKING, read(batch(1, 5, 0), **changes))

    assert records
    assert rollout.collected.cursor == {"at": 1}
