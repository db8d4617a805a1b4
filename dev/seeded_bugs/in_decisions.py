"""Bugs in what a look, an alert or an order leads to."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/machine/conclude.py",
        was="if halted(conclusion.rollout) and conclusion.finding in STOPPED_BY_A_HOLD:",
        becomes=(
            "if conclusion.rollout.hold is not None and conclusion.finding in STOPPED_BY_A_HOLD:"
        ),
        harm="With everything suspended in an incident, rollouts go on taking traffic.",
        test=(
            "tests/unit/core/machine/test_before_traffic.py::"
            "test_a_candidate_that_is_ready_is_validated_next_unless_held"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/conclude.py",
        was="and wanted_weight(rollout) <= REPLACEABLE_WEIGHT",
        becomes="and wanted_weight(rollout) < REPLACEABLE_WEIGHT",
        harm="A hotfix waits for hours behind the bad version that it should replace at 10 %.",
        test=(
            "tests/unit/core/machine/test_with_traffic.py::"
            "test_a_newer_version_replaces_up_to_10_percent"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/holds.py",
        was="if hold is None or not HOLD_REASONS[hold.reason].until_an_operator:",
        becomes="if hold is None or HOLD_REASONS[hold.reason].until_an_operator:",
        harm="A rollout that an operator paused to look at is thrown away for a newer version.",
        test=(
            "tests/unit/core/machine/test_holds.py::"
            "test_a_newer_version_replaces_a_held_rollout_unless_an_operator_must_decide"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/halts.py",
        was="running = now - max(rollout.halted_since, clock.started)",
        becomes="running = now - min(rollout.halted_since, clock.started)",
        harm=(
            "A pause from before the phase counts against its time, and the creation's limit "
            "never ends."
        ),
        test=(
            "tests/unit/core/machine/test_halts.py::"
            "test_a_clock_that_starts_within_a_hold_leaves_out_only_its_own_part"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/apply.py",
        was="return replace(rollout, write=rollout.write + 1, asked_at=None)",
        becomes="return replace(rollout, write=rollout.write + 1)",
        harm="A rollback right after a raise waits ten seconds before it asks for anything.",
        test=(
            "tests/unit/core/machine/test_effects_needed.py::"
            "test_the_way_back_does_not_wait_for_the_raise_before_it_to_show"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/apply.py",
        was="asked_for_traffic_at=after.asked_for_traffic_at or (None if mirrors else now),",
        becomes="asked_for_traffic_at=None if mirrors else now,",
        harm="An alert for a fault at 10 % that arrives at 50 % is ignored as stale.",
        test=(
            "tests/stories/test_an_alert_fires.py::"
            "test_an_alert_for_a_fault_at_10_percent_that_arrives_at_50_percent_goes_back"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/apply.py",
        was="quarantined = tuple(dict.fromkeys((*quarantined, release.template_digest)))",
        becomes="quarantined = (release.template_digest,)",
        harm=(
            "A release that failed with the first template starts again by itself after the "
            "second one failed too."
        ),
        test="tests/unit/core/machine/test_endings.py::test_what_failed_before_stays_quarantined",
    ),
    SeededBug(
        file="rollout/core/machine/bake.py",
        was="over, runs = divided(look.rollout, sized(look, asked), look.now)",
        becomes="over, runs = sized(look, asked), []",
        harm="The gate judges the minute that is still running as if it were whole.",
        test="tests/unit/core/machine/test_bake.py::test_the_minute_that_still_runs_is_not_judged",
    ),
    SeededBug(
        file="rollout/core/machine/bake.py",
        was="len(settled) == MINUTES_A_PASS",
        becomes="len(settled) > MINUTES_A_PASS",
        harm=(
            "After an outage of the metrics a stage passes on the first hour, and the bad "
            "hours after it are not read."
        ),
        test=(
            "tests/unit/core/machine/test_bake.py::"
            "test_nothing_advances_before_every_settled_minute_was_folded"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/bake_verdicts.py",
        was="stage = rollout.policy.stages[upcoming]",
        becomes="stage = rollout.policy.stages[rollout.stage]",
        harm="A stage that needs an approval starts without one.",
        test=(
            "tests/unit/core/machine/test_bake_verdicts.py::"
            "test_a_next_stage_with_approval_waits_for_a_person"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/bake_verdicts.py",
        was='case OnInconclusive.ROLLBACK if judged.numbers["minutes"] and not silent:',
        becomes='case OnInconclusive.ROLLBACK if judged.numbers["minutes"]:',
        harm="An outage of Azure Monitor rolls a good release back.",
        test=(
            "tests/unit/core/machine/test_bake_verdicts.py::"
            "test_silence_after_good_minutes_never_advances_and_never_rolls_back"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/commands.py",
        was="if used >= FRESH_WINDOWS:",
        becomes="if used > FRESH_WINDOWS:",
        harm="Resume can be pressed until chance lets a stage pass.",
        test=(
            "tests/unit/core/machine/test_commands.py::"
            "test_resume_gives_one_fresh_window_after_an_inconclusive_one"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/commands.py",
        was="stage = rollout.stage if expected.stage is None else expected.stage",
        becomes="stage = expected.stage or rollout.stage",
        harm="An advance meant for the first stage also passes the one after it.",
        test=(
            "tests/unit/core/machine/test_commands.py::"
            "test_an_order_that_names_the_first_stage_is_not_taken_for_the_present_one"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/skipped_evidence.py",
        was="if verdict == Verdict.ADVANCE or (approves and verdict != Verdict.HOLD):",
        becomes="if verdict == Verdict.ADVANCE or approves:",
        harm=(
            "An approval asked for in good times goes through although the gate has come to "
            "doubt since."
        ),
        test=(
            "tests/unit/core/machine/test_commands.py::"
            "test_an_approval_stands_unless_later_minutes_lean_towards_harm"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/alerts.py",
        was='named = rollout is not None and (alert.deployment or "").lower() == rollout.candidate',
        becomes="named = rollout is not None and alert.deployment == rollout.candidate",
        harm=(
            "An alert that spells the candidate with a capital only holds, and the bad release "
            "keeps its traffic."
        ),
        test="tests/unit/core/machine/test_alerts.py::test_the_name_is_compared_without_case",
    ),
    SeededBug(
        file="rollout/core/machine/alert_rows.py",
        was="if _saved_lately(tally, draft.now) >= SAVES_A_SPAN:",
        becomes="if _saved_lately(tally, draft.now) > SAVES_A_SPAN:",
        harm="A flood of alerts keeps winning the row from the pass that should roll back.",
        test=(
            "tests/unit/core/machine/test_alert_rows.py::"
            "test_more_saves_in_a_minute_than_a_pass_can_lose_are_refused"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/gate_inputs.py",
        was="return history_span(rollout.policy, rollout.started_at)",
        becomes="return history_span(rollout.policy, rollout.since)",
        harm=(
            "A baseline that is read late holds minutes of the trial itself, and a bad "
            "candidate becomes the yardstick."
        ),
        test=(
            "tests/unit/core/test_reads.py::"
            "test_a_baseline_that_is_learnt_late_has_only_minutes_from_before_the_rollout"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/blame.py",
        was="if facts.by_kind and rollout.failure is not None:",
        becomes="if not facts.by_kind and rollout.failure is not None:",
        harm="A release that met a full quota is quarantined as if it were to blame.",
        test=("tests/unit/core/machine/test_blame.py::test_only_the_model_is_quarantined"),
    ),
    SeededBug(
        file="rollout/core/machine/warming.py",
        was="now = replace(before, looks=before.looks + 1)",
        becomes="now = replace(before, looks=before.looks + (seen.warmed is not None))",
        harm="A release whose inputs cannot be sent now never gets its first weight.",
        test=("tests/unit/core/machine/test_warming.py::test_no_raise_waits_longer_than_its_looks"),
    ),
    SeededBug(
        file="rollout/core/machine/warming.py",
        was="own = remembered(own, warmed.own)",
        becomes="own = rollout.own",
        harm="What a candidate answers while it is warmed up is judged as its clients' requests.",
        test="tests/stories/test_warm_up.py::test_they_are_no_clients_requests",
    ),
)
