"""What every implementation of the port `Predictions` does: the double, and blobs in Azurite."""

import json
from datetime import datetime, timedelta

import pytest

from rollout.core.records.predictions import PredictionsSeen
from rollout.errors import AccessDeniedError
from tests.support.contract.collected import BLUE, GREEN, SINCE, Collected

MINUTE = timedelta(minutes=1)


def answers(seen: PredictionsSeen) -> list[tuple[datetime, int, int]]:
    return [(each.minute, each.candidate.answers, each.stable.answers) for each in seen.batches]


def scores(count: int) -> list[dict[str, float]]:
    return [{"score": number / count} for number in range(count)]


def test_where_nothing_was_collected_there_is_nothing(collected: Collected) -> None:
    seen = collected.look(MINUTE)

    assert (seen.batches, seen.bins, seen.more, seen.silent, seen.unequal) == (
        (),
        (),
        False,
        "",
        "",
    )


def test_both_sides_are_counted_minute_by_minute_and_once(collected: Collected) -> None:
    collected.collect(GREEN, SINCE, {"score": 0.1}, {"error": "no"})
    collected.collect(BLUE, SINCE, {"score": 0.2})
    collected.collect(BLUE, SINCE + MINUTE, {"score": 0.2}, {"score": 0.3})
    seen = collected.look(2 * MINUTE)

    assert answers(seen) == [(SINCE, 2, 1), (SINCE + MINUTE, 0, 2)]
    assert (seen.batches[0].candidate.failed, seen.batches[0].stable.failed) == (1, 0)
    assert answers(collected.look(3 * MINUTE)) == []

    collected.collect(GREEN, SINCE + MINUTE, {"score": 0.1})
    assert answers(collected.look(4 * MINUTE)) == [(SINCE + MINUTE, 1, 0)]


def test_answers_from_before_the_beginning_do_not_count(collected: Collected) -> None:
    collected.collect(GREEN, SINCE - MINUTE, {"score": 0.1})

    assert answers(collected.look(MINUTE)) == []


def test_bins_are_learnt_of_stable_and_stay(collected: Collected) -> None:
    collected.collect(BLUE, SINCE - MINUTE, *scores(300))
    collected.collect(GREEN, SINCE, {"score": 0.95}, {"score": None})
    seen = collected.look(MINUTE)

    assert [(each.path, each.size) for each in seen.bins] == [("score", 10)]
    candidate = seen.batches[0].candidate
    assert (sum(candidate.counts["score"]), candidate.counts["score"][-1]) == (1, 1)
    assert candidate.odd == {"score": 1}

    collected.collect(BLUE, SINCE + MINUTE, *[{"score": 0.5}] * 200)
    assert collected.look(2 * MINUTE).bins == seen.bins


def test_until_there_are_bins_failures_are_counted_all_the_same(collected: Collected) -> None:
    collected.collect(GREEN, SINCE, {"error": "no"})
    seen = collected.look(MINUTE)

    assert seen.bins == ()
    assert seen.batches[0].candidate.failed == 1


def test_what_one_look_may_not_read_comes_with_the_next(collected: Collected) -> None:
    collected.set_most(4)
    collected.collect(GREEN, SINCE, *scores(20))
    first = collected.look(MINUTE)
    assert first.more
    found = sum(each.candidate.answers for each in first.batches)
    for turn in range(2, 40):
        seen = collected.look(turn * MINUTE)
        found += sum(each.candidate.answers for each in seen.batches)
        if not seen.more:
            break

    assert found == 20


def test_a_side_without_a_collector_is_told(collected: Collected) -> None:
    collected.off.add(BLUE)
    collected.collect(GREEN, SINCE, {"score": 0.1})
    seen = collected.look(MINUTE)

    assert seen.silent == "blue-6 does not collect model_outputs"
    assert answers(seen) == [(SINCE, 1, 0)]


def test_silence_is_told_until_something_comes(collected: Collected) -> None:
    collected.collect(BLUE, SINCE + MINUTE, {"score": 0.1})
    assert not collected.look(14 * MINUTE).silent
    assert collected.look(15 * MINUTE).silent == "nothing was collected of the candidate for 15 min"

    collected.collect(GREEN, SINCE + 15 * MINUTE, {"score": 0.1})
    collected.collect(BLUE, SINCE + 15 * MINUTE, {"score": 0.1})
    assert not collected.look(16 * MINUTE).silent


def test_unequal_sampling_is_told(collected: Collected) -> None:
    collected.sampling[BLUE] = 0.1

    assert collected.look(MINUTE).unequal == (
        "1 of the candidate's requests are collected, 0.1 of stable's"
    )


def test_the_cursor_is_small_json(collected: Collected) -> None:
    collected.collect(GREEN, SINCE, *scores(10))
    collected.collect(BLUE, SINCE, *scores(10))
    seen = collected.look(MINUTE)

    assert len(json.dumps(dict(seen.cursor))) <= 1024


def test_without_the_right_to_read_datastores_it_is_refused(collected: Collected) -> None:
    collected.ports.allow()

    with pytest.raises(AccessDeniedError, match="datastores/read"):
        collected.look(MINUTE)
