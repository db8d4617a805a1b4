"""Bugs in what both sides are asked before any traffic."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/machine/examining.py",
        was="return isinstance(found, Unreachable) or found.step is exam.step",
        becomes="return True",
        harm="Answers to inputs of the contract are scored as rows of the golden set.",
        test=(
            "tests/unit/core/machine/test_examining.py::test_answers_to_another_step_change_nothing"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/examining.py",
        was="rollout = over_time(begun(rollout, now), now)",
        becomes="rollout = begun(rollout, now)",
        harm="A slice that is asked as the contract is left alone is scored, and asked once more.",
        test=(
            "tests/unit/core/machine/test_examining.py::"
            "test_a_slice_that_was_asked_once_time_had_moved_on_counts_once"
        ),
    ),
    SeededBug(
        file="rollout/core/predictions/golden_verdict.py",
        was="if small and (few or worse + row > allowed):",
        becomes="if small and few:",
        harm="A golden set of ten rows passes a release.",
        test=(
            "tests/unit/core/predictions/test_golden_verdict.py::test_a_share_may_be_worse_by_a_point"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/exam_folding.py",
        was="if in_phase - (exam.began or NO_TIME) <= golden.time:",
        becomes="if True:",
        harm="A set that a side never answers keeps its rollout in validation for ever.",
        test=(
            "tests/stories/test_golden_sets.py::"
            "test_a_set_that_takes_too_long_holds_and_resume_goes_on_where_it_was"
        ),
    ),
    SeededBug(
        file="rollout/adapters/azure_ml/examining.py",
        was="if self._stopped or self._silent or late or place >= len(self._order.rows.rows):",
        becomes="if late or place >= len(self._order.rows.rows):",
        harm="After a 429 the pass goes on filling the deployment that clients need.",
        test=(
            "tests/unit/adapters/azure_ml/test_examining_answers.py::"
            "test_a_row_without_an_answer_ends_the_pass_and_is_asked_again"
        ),
    ),
)
