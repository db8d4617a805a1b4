"""Bugs in the evidence and the verdicts."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/gate/judging/judge.py",
        was="minutes, requests = stage.answered, stage.totals.candidate[0]",
        becomes="minutes, requests = stage.minutes, stage.totals.candidate[0]",
        harm="A stage passes on minutes in which the candidate had no request.",
        test="tests/unit/core/gate/judging/test_judge.py::test_what_is_still_needed_is_said",
    ),
    SeededBug(
        file="rollout/core/gate/judging/judge.py",
        was="if (harm := _harm(policy, copy, standings(policy, copy, quality))) is not None:",
        becomes="if (harm := _harm(policy, state, standings(policy, copy, quality))) is not None:",
        harm="Harm in the latest minutes is not seen until their metrics are complete.",
        test=(
            "tests/unit/core/gate/judging/test_judge_harm.py::"
            "test_provisional_minutes_may_only_roll_back"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/judge.py",
        was="if each.decides and each.ln >= SUSPICIOUS * each.check.ln_needed:",
        becomes="if each.decides and each.ln >= each.check.ln_needed:",
        harm="A candidate half way to proven harm gets the next stage's traffic.",
        test=(
            "tests/unit/core/gate/judging/test_judge.py::"
            "test_odds_half_way_to_harm_hold_instead_of_advancing"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/window.py",
        was="return floor if floor == moment else floor + MINUTE",
        becomes="return floor",
        harm="The first minute of a stage, half of it before the weights, counts as its evidence.",
        test=(
            "tests/unit/core/gate/judging/test_window.py::"
            "test_a_window_counts_from_the_first_whole_minute_after_it_settled"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/window.py",
        was="if minute.at >= end or (missing and too_young):",
        becomes="if minute.at > end or (missing and too_young):",
        harm="A minute is judged for good before its metrics are complete.",
        test="tests/unit/core/gate/judging/test_window.py::test_minutes_settle",
    ),
    SeededBug(
        file="rollout/core/gate/judging/parts.py",
        was="rest = max(MAY_COME * a_second * left, unseen)",
        becomes="rest = max(0.0, unseen)",
        harm="A few seconds of failures are taken for a whole minute of them.",
        test=(
            "tests/unit/core/gate/judging/test_parts_of_minutes.py::"
            "test_a_running_minute_is_judged_as_if_all_that_may_come_were_good"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/parts.py",
        was="rest = max(MAY_COME * a_second * left, unseen)",
        becomes="rest = MAY_COME * a_second * left",
        harm="Failures that the metrics show before the successes roll a healthy candidate back.",
        test=(
            "tests/unit/core/gate/judging/test_parts_of_minutes.py::"
            "test_failures_that_the_metrics_show_before_the_successes_are_no_bad_minute"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/darkness.py",
        was="if candidate.requests + candidate.unknown > 0:",
        becomes="if candidate.requests > 0:",
        harm="A candidate that answers without a status is rolled back as dark.",
        test=(
            "tests/unit/core/gate/judging/test_darkness.py::"
            "test_a_candidate_whose_every_request_is_of_unknown_status_is_neither_healthy_nor_dark"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/checks/errors.py",
        was="effective(candidate, memory.correlation),",
        becomes="candidate,",
        harm=(
            "A burst of good requests counts as many pieces of evidence, and a stage passes "
            "too early."
        ),
        test=(
            "tests/unit/core/gate/test_gate_stored_rows.py::"
            "test_stored_verdicts_are_computed_again_from_stored_rows"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/checks/latency.py",
        was="if self.pause and memory.pause is None and memory.ln_wealth >= self.ln_needed:",
        becomes="if self.pause and not memory.pause and memory.ln_wealth >= self.ln_needed:",
        harm="A slow candidate is held again and again and never rolled back.",
        test=(
            "tests/unit/core/gate/judging/test_judge_harm.py::"
            "test_a_first_alarm_of_latency_holds_and_the_second_rolls_back"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/judging/crowding.py",
        was="return refused if refused < MOST * side.requests else 0.0",
        becomes="return refused",
        harm="A candidate that refuses nearly every request keeps its traffic.",
        test="tests/unit/core/gate/judging/test_crowding.py::test_other_refusals_are_failures",
    ),
    SeededBug(
        file="rollout/core/gate/forecast/stages.py",
        was="lasts=max(stage.bake / MINUTE, waits + last),",
        becomes="lasts=max(stage.bake / MINUTE, last),",
        harm="The plan promises a rollout that is over before its metrics can arrive.",
        test=(
            "tests/unit/core/gate/forecast/test_planner.py::"
            "test_a_stage_lasts_until_the_metrics_of_its_last_minute_are_there"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/history/baseline.py",
        was='"per_minute": sum(side.requests for side in present) / len(sides),',
        becomes='"per_minute": sum(side.requests for side in present) / len(present),',
        harm="A service that is used for an hour a day is planned as if it were busy all day.",
        test=(
            "tests/unit/core/gate/history/test_baseline.py::test_gaps_are_minutes_without_requests"
        ),
    ),
)
