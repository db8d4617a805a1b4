"""A rule that cannot fail proves nothing: mistakes planted in the product break the rule meant."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from rollout.core import decide
from rollout.core.machine import (
    apply,
    before_traffic,
    commands,
    conclude,
    effects_needed,
    exam_folding,
    halts,
    replacement,
    second_person,
    suspending,
    telling,
    wanted,
)
from rollout.core.machine.sight import Sight, carries
from rollout.core.offers import start
from rollout.core.predictions.golden_scores import folded
from rollout.core.records.rollout import Cause
from rollout.errors import RefusedError
from rollout.service import doors, offering, stops
from rollout.service.second_clock import SecondClock
from tests.support.schedules.__main__ import main
from tests.support.schedules.failing import broken, shortened
from tests.support.schedules.playing import Play
from tests.support.schedules.proving import prove
from tests.support.schedules.steps import draw

pytestmark = pytest.mark.no_cover

WITHIN = 400
Mutation = Callable[[pytest.MonkeyPatch], object]


def a_way_back_takes_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wanted, "_going_back", lambda rollout, _: wanted.rollback_split(rollout))


def nobody_else_decides(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conclude, "_decided_elsewhere", lambda _: None)


def a_swap_is_mere_drift(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conclude, "chosen_instead", lambda *_: False)
    patch.setattr(conclude, "favours_stable", lambda *_: False)


def a_lost_candidate_gets_its_weight_again(patch: pytest.MonkeyPatch) -> None:
    before = effects_needed._may_raise

    def raises(asked: Any) -> bool:
        return asked.sight is Sight.FOREIGN or before(asked)

    patch.setattr(effects_needed, "_may_raise", raises)


def a_foreign_rollback_has_another_cause(patch: pytest.MonkeyPatch) -> None:
    before = conclude._decided_elsewhere

    def decides(look: Any) -> Any:
        found = before(look)
        return found and replace(found, cause=found.cause and Cause.OPERATOR)

    patch.setattr(conclude, "_decided_elsewhere", decides)


def a_replaced_candidate_goes_unseen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replacement, "_fault", lambda *_: "")


def what_was_replaced_is_retired_all_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conclude, "_not_the_release", lambda _: None)


def a_newer_version_ends_a_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conclude, "kept_by_hold", lambda _: "")


def changed_templates_end_a_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(before_traffic, "kept_by_hold", lambda _: "")


def an_expiry_in_the_keep_lifts_a_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "_expired_in_keep", halts.lift_hold)


def a_hold_stops_no_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effects_needed, "halted", lambda _: False)


def a_hold_expires_at_once(patch: pytest.MonkeyPatch) -> None:
    before = conclude._hold_expired

    def expired(look: Any) -> Any:
        later = look.rollout.hold and replace(look, now=look.rollout.hold.expires)
        return before(later or look)

    patch.setattr(conclude, "_hold_expired", expired)


def a_name_comes_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(start, "candidate_name", lambda version, *_: (f"green-{version}", 1))


def an_event_takes_anothers_choice_for_stable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(start, "_others_choice", lambda *_: "")


def a_strangers_deployment_is_deleted(patch: pytest.MonkeyPatch) -> None:
    def other(asked: Any) -> str | None:
        return next(iter(wanted.others(asked.rollout, asked.seen.deployments)), None)

    def doomed(asked: Any) -> str | None:
        back = asked.facts.back and isinstance(asked.seen.deployments, Mapping)
        found = other(asked) if back else None
        return None if carries(asked.endpoint, found) else found

    patch.setattr(effects_needed, "_doomed", doomed)


def a_way_back_leaves_the_mirror(patch: pytest.MonkeyPatch) -> None:
    before = wanted.mirror_beside

    def beside(rollout: Any, split: Any, there: Any) -> dict[str, int]:
        return {**there, **before(rollout, split, there)}

    patch.setattr(effects_needed, "mirror_beside", beside)


def anothers_mirror_is_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        effects_needed, "mirror_beside", lambda rollout, *_: wanted.wanted_mirror(rollout)
    )


def every_drift_in_a_mirror_is_put_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        conclude, "mirror_dropped", lambda rollout, _: bool(wanted.wanted_mirror(rollout))
    )


def a_slice_counts_twice(patch: pytest.MonkeyPatch) -> None:
    before = folded

    def twice(metric: Any, stored: Any, pairs: Any) -> Any:
        return before(metric, before(metric, stored, pairs), pairs)

    patch.setattr(exam_folding, "folded", twice)


def a_copy_of_an_order_is_another_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "repeated", lambda *_: None)
    patch.setattr(doors, "repeated", lambda *_: None)
    patch.setattr(offering, "repeated", lambda *_: None)


def who_is_signed_in_is_a_second_person(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        second_person, "_refusal", lambda _, command: "" if command.proof.subject else "no sign-in"
    )


def a_suspension_stops_no_write(patch: pytest.MonkeyPatch) -> None:
    for module in (conclude, effects_needed, before_traffic):
        patch.setattr(module, "halted", lambda rollout: rollout.hold is not None)


def nobody_reads_the_order_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stops, "of_all", lambda *_: None)


def a_start_does_not_wait_for_the_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stops.Stops, "is_open", lambda *_: False)


def a_freeze_stops_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(suspending, "frozen_at", lambda *_: None)


def a_rollback_waits_for_the_end_of_a_suspension(patch: pytest.MonkeyPatch) -> None:
    before = commands._roll_back

    def rolled_back(draft: Any, rollout: Any, command: Any) -> Any:
        if rollout.suspended:
            raise RefusedError("it is suspended")
        return before(draft, rollout, command)

    patch.setattr(commands, "_roll_back", rolled_back)


def an_outage_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "note_unwatched", lambda *_: None)


def the_way_back_is_not_rehearsed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(before_traffic, "to_rehearse", lambda *_: False)


def a_refused_write_is_kept_quiet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "tell_refusal", lambda *_: None)


def a_refused_write_is_told_once(patch: pytest.MonkeyPatch) -> None:
    before = telling.tell_refusal

    def told_once(draft: Any, seen: Any, needed: Any) -> None:
        if not draft.rollout.refused or not draft.rollout.refused.told:
            before(draft, seen, needed)

    patch.setattr(decide, "tell_refusal", told_once)


def there_is_no_second_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SecondClock, "_overdue", lambda *_: False)


def every_probe_is_a_tick(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SecondClock, "_asked_lately", lambda *_: False)


CAUGHT: list[tuple[Mutation, set[str], int]] = [
    (a_way_back_takes_all, {"whose_traffic_it_is", "a_lost_candidate_is_left"}, 5),
    (nobody_else_decides, {"a_lost_candidate_ends_the_trial"}, 2),
    (a_swap_is_mere_drift, {"a_lost_candidate_ends_the_trial"}, 2),
    (
        a_lost_candidate_gets_its_weight_again,
        {"whose_traffic_it_is", "a_lost_candidate_is_left"},
        5,
    ),
    (a_foreign_rollback_has_another_cause, {"a_lost_candidate_is_a_foreign_rollback"}, 2),
    (a_replaced_candidate_goes_unseen, {"what_was_replaced_is_never_promoted"}, 10),
    (what_was_replaced_is_retired_all_the_same, {"what_was_replaced_is_never_promoted"}, 10),
    (a_newer_version_ends_a_stop, {"a_persons_stop_stands"}, 49),
    (changed_templates_end_a_stop, {"a_persons_stop_stands"}, 147),
    (an_expiry_in_the_keep_lifts_a_stop, {"a_persons_stop_stands"}, 21),
    (a_hold_stops_no_write, {"nothing_raises_while_held"}, 43),
    (a_hold_expires_at_once, {"no_hold_expires_early"}, 0),
    (a_name_comes_twice, {"no_name_is_used_twice"}, 5),
    (
        an_event_takes_anothers_choice_for_stable,
        {"nothing_starts_by_itself_beside_anothers_choice"},
        31,
    ),
    (a_strangers_deployment_is_deleted, {"what_is_deleted_was_ours"}, 3),
    (a_way_back_leaves_the_mirror, {"a_way_back_ends_the_mirror"}, 2),
    (anothers_mirror_is_taken, {"whose_mirror_it_is"}, 121),
    (every_drift_in_a_mirror_is_put_back, {"only_a_dropped_mirror_is_put_back"}, 75),
    (a_slice_counts_twice, {"a_golden_row_counts_once"}, 4),
    (a_copy_of_an_order_is_another_order, {"an_order_counts_once"}, 25),
    (who_is_signed_in_is_a_second_person, {"nobody_approves_their_own"}, 106),
    (a_suspension_stops_no_write, {"nothing_raises_while_stopped"}, 67),
    (nobody_reads_the_order_for_all, {"nothing_raises_while_stopped"}, 12),
    (a_start_does_not_wait_for_the_order, {"nothing_starts_while_suspended"}, 70),
    (a_freeze_stops_nothing, {"nothing_raises_while_stopped"}, 67),
    (a_rollback_waits_for_the_end_of_a_suspension, {"a_way_back_is_never_refused"}, 131),
    (an_outage_counts, {"no_limit_runs_while_nobody_watches"}, 28),
    (the_way_back_is_not_rehearsed, {"nothing_is_created_before_the_rehearsal"}, 0),
    (a_refused_write_is_kept_quiet, {"a_refused_write_asks_for_an_operator"}, 54),
    (a_refused_write_is_told_once, {"a_refused_write_asks_for_an_operator"}, 54),
    (there_is_no_second_clock, {"what_is_due_is_looked_at"}, 41),
    (every_probe_is_a_tick, {"turns_keep_their_distance"}, 1),
]
"""A mistake, the rules that may notice it, and the seed that found it last: it is tried first."""


@pytest.mark.parametrize(
    ("mutation", "rules", "first"), CAUGHT, ids=[mutation.__name__ for mutation, *_ in CAUGHT]
)
def test_a_planted_mistake_breaks_the_rule_that_forbids_it(
    mutation: Mutation, rules: set[str], first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation(monkeypatch)
    # Seeds are other stories once schedules have other acts: then it takes longer, and is found.
    seeds = [*range(first, WITHIN), *range(first)]
    found = (broken(draw(seed)) for seed in seeds)
    assert any(error is not None and error.rule in rules for error in found)


def test_a_failure_is_made_short_and_replayed_by_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_way_back_takes_all(monkeypatch)
    seed, error = next(
        (seed, error) for seed in range(WITHIN) if (error := broken(draw(seed))) is not None
    )
    failure = shortened(draw(seed), error)
    assert failure.rule == error.rule
    assert len(failure.numbers) < failure.drawn
    assert failure.command in str(failure)
    arguments = failure.command.partition("schedules ")[2].split()
    assert main(arguments) == 1
    assert f"seed {seed} breaks {failure.rule}" in capsys.readouterr().out


def test_the_same_seed_is_the_same_story() -> None:
    first, second = Play(draw(3)), Play(draw(3))
    first.to_the_end()
    second.to_the_end()
    assert first.story.store.journal == second.story.store.journal
    assert list(first.story.world.log) == list(second.story.world.log)


def test_proving_tells_how_far_it_is_and_where_it_came() -> None:
    said: list[str] = []
    assert prove(0, 4, said.append, workers=1) == 0
    assert said[0].startswith("4 of 4 schedules hold")
    assert "phase CREATING" in said[-2]
    assert said[-1].startswith("4 schedules hold")
