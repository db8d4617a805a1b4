"""Bugs in what is concluded from predictions."""

from dev.seeded_bugs.bug import SeededBug

BUGS = (
    SeededBug(
        file="rollout/core/gate/quality/counting.py",
        was="after = inputs.added(runs, pair.input)",
        becomes="after = inputs.added([], pair.input)",
        harm="One input that is sent again and again passes for evidence on all others.",
        test=(
            "tests/unit/core/gate/quality/test_counting_answers.py::"
            "test_an_input_counts_once_in_a_pass_and_in_a_rollout"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/quality/answers.py",
        was="weak = self.is_random or doubtful",
        becomes="weak = self.is_random",
        harm="A candidate is held because stable itself answers at random.",
        test=(
            "tests/unit/core/gate/quality/test_answers_compared.py::"
            "test_until_stable_was_asked_twice_often_enough_it_may_be_random"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/quality/proof.py",
        was="return not self.left and not self.passed",
        becomes="return False",
        harm="A set that is too small to tell waits for evidence that can never come.",
        test=(
            "tests/unit/core/gate/judging/test_judging_answers.py::"
            "test_a_whole_set_with_too_many_differences_for_chance_and_too_few_for_harm_is_unclear"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/quality/usual.py",
        was="return ln if self.usual.others <= allowed else min(ln, 0.0)",
        becomes="return ln",
        harm="A model that is meant to find fewer cases is rolled back as constant.",
        test=(
            "tests/unit/core/gate/quality/test_usual_answers.py::"
            "test_what_varies_or_has_nothing_to_vary_with_is_not"
        ),
    ),
    SeededBug(
        file="rollout/core/gate/algebra/variation.py",
        was="witness = [bin_ for bin_ in range(len(mine)) if mine[bin_] > theirs[bin_]]",
        becomes=(
            "witness = [bin_ for bin_ in range(len(mine)) "
            "if candidate[bin_] / few > stable[bin_] / many]"
        ),
        harm="The set of bins is chosen after the fact, and equal models are held by chance.",
        test=(
            "tests/unit/core/gate/algebra/test_variation.py::"
            "test_the_set_is_chosen_before_the_batch_that_it_is_about"
        ),
    ),
)
