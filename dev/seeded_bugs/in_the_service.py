"""Bugs in passes, saves, doors and sweeps."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/service/acting.py",
        was="if not self._may_raise():",
        becomes="if False:",
        harm="A raise that was delayed undoes a rollback ordered in the meantime.",
        test="tests/stories/test_fence.py::test_a_raise_is_not_sent_once_the_row_has_moved",
    ),
    SeededBug(
        file="rollout/service/passes.py",
        was="return now if self._stored is None else max(now, self._stored.current.saved_at)",
        becomes="return now if self._stored is None else min(now, self._stored.current.saved_at)",
        harm="Time runs backwards in a row when one worker's clock lags, and limits end late.",
        test=(
            "tests/unit/service/test_passes.py::"
            "test_a_door_whose_clock_lags_saves_no_earlier_moment"
        ),
    ),
    SeededBug(
        file="rollout/service/passes.py",
        was="if self._rechecked or chain_ends is None or due >= chain_ends:",
        becomes="if self._rechecked or chain_ends is None:",
        harm="Chains of wake-ups never end, and with each tick there is one more.",
        test=(
            "tests/stories/test_wake_ups.py::"
            "test_chains_of_rechecks_end_with_their_tick_and_never_add_up"
        ),
    ),
    SeededBug(
        file="rollout/service/door_passes.py",
        # The second of two equal lines: known by the comment above it.
        was=(
            "# nothing new after it. From here on it would: it checks the version that is saved "
            "now.\n"
            "self._ports.store.put_live(row)"
        ),
        becomes="",
        harm="An offer made while the endpoint's row in Live is dropped is never looked at.",
        test=(
            "tests/stories/test_wake_ups.py::"
            "test_an_offer_whose_live_row_is_dropped_just_before_it_is_saved_is_not_lost"
        ),
    ),
    SeededBug(
        file="rollout/service/door_passes.py",
        was="if self._current.phase is Phase.ROLLING_BACK:",
        becomes="if self._current.phase is Phase.DISCARDING:",
        harm="An alert saves the rollback and leaves the traffic to the next tick.",
        test=(
            "tests/stories/test_an_alert_fires.py::test_an_alert_on_the_candidate_goes_back_at_once"
        ),
    ),
    SeededBug(
        file="rollout/service/saving.py",
        was="if found is not None and found.current.commit_id == current.commit_id:",
        becomes="if found is not None and found.current.commit_id == decision.current.commit_id:",
        harm=(
            "Our own save, its answer lost, counts as another writer's, and the door answers "
            "503 for what was done."
        ),
        test=(
            "tests/stories/test_azure_fails.py::"
            "test_a_commit_whose_answer_was_lost_is_known_by_its_commit_id"
        ),
    ),
    SeededBug(
        file="rollout/service/saving.py",
        was="if found is not None and not found.current.damaged:",
        becomes="if found is not None:",
        harm="Operators are called at every pass about one damaged row.",
        test=(
            "tests/stories/test_rows_beyond_the_end.py::"
            "test_a_row_beyond_the_end_is_told_once_and_refused_in_words"
        ),
    ),
    SeededBug(
        file="rollout/service/leftovers.py",
        was="if each.rollout_tag and not carries(seen, name)",
        becomes="if each.rollout_tag",
        harm="The sweep deletes a deployment that serves clients.",
        test=(
            "tests/stories/test_fence.py::"
            "test_a_candidate_left_behind_is_kept_while_somebody_gives_it_traffic"
        ),
    ),
    SeededBug(
        file="rollout/service/leftovers.py",
        was="if ended and PHASES[ended[-1].phase].candidate_discarded:",
        becomes="if ended and PHASES[ended[-1].phase].final:",
        harm="The sweep deletes the last good version an hour after a hotfix took its traffic.",
        test=(
            "tests/stories/test_fence.py::"
            "test_what_a_successful_rollout_brought_is_not_swept_away_when_it_serves_no_more"
        ),
    ),
    SeededBug(
        file="rollout/service/sweeping.py",
        was="if current.idle or self._ports.store.live_row(current.endpoint) is not None:",
        becomes="if current.idle or self._ports.store.live_row(current.endpoint) is None:",
        harm="A rollout whose row in Live was lost is never looked at again.",
        test="tests/stories/test_damage.py::test_a_row_without_its_live_row_is_mended_by_the_sweep",
    ),
    SeededBug(
        file="rollout/service/rounds.py",
        was="self._cached_moved.add(job.kind)",
        becomes="self._cached_moved.discard(job.kind)",
        harm="Where processes are short-lived, the end of the alphabet is never swept.",
        test=(
            "tests/unit/service/test_rounds_go_on.py::test_a_restart_goes_on_where_the_round_stood"
        ),
    ),
    SeededBug(
        file="rollout/service/offering.py",
        was="latest = max(records, key=lambda record: record.decided_at)",
        becomes="latest = min(records, key=lambda record: record.decided_at)",
        harm="Retry without a version starts one that failed months ago.",
        test=(
            "tests/stories/test_traffic_goes_back.py::"
            "test_retry_without_a_version_takes_the_one_that_failed_last"
        ),
    ),
    SeededBug(
        file="rollout/service/announcing.py",
        was="if self._empty_before and len(self._written) <= self._batch:",
        becomes="if len(self._written) <= self._batch:",
        harm="What a topic missed while it was down is never announced.",
        test=(
            "tests/stories/test_azure_fails.py::"
            "test_a_topic_that_is_down_for_an_hour_blocks_nothing_and_gets_everything_in_order"
        ),
    ),
    SeededBug(
        file="rollout/service/summaries.py",
        was="return row.standing != _standing(found, now)",
        becomes="return False",
        harm="What a crash kept from the list stays wrong for ever.",
        test=(
            "tests/stories/test_the_list.py::"
            "test_a_row_that_cannot_be_read_is_shown_as_a_fault_after_the_next_sweep"
        ),
    ),
    SeededBug(
        file="rollout/service/directory.py",
        was="return stored is not None and stored.current.service == service",
        becomes="return stored is not None",
        harm="A service whose policy has a fault takes the endpoint of another away.",
        test=(
            "tests/stories/test_one_fault_hits_one.py::"
            "test_an_endpoint_that_two_services_name_stays_with_the_one_in_its_row"
        ),
    ),
    SeededBug(
        file="rollout/service/doors.py",
        was="given = pinned[0] if pinned else command",
        becomes="given = command",
        harm="An advance that lost a race skips a stage.",
        test="tests/stories/test_races.py::test_advance_pressed_twice_never_skips_a_stage",
    ),
)
