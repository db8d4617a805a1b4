"""Bugs in what is made of answers: compared, judged, scored, counted."""

from dev.seeded_bugs.bug import SeededBug

_TESTS = "tests/unit/core/predictions"

BUGS = (
    SeededBug(
        file="rollout/core/predictions/comparing.py",
        was="return abs(other - one) <= compared.atol + compared.rtol * abs(one)",
        becomes="return abs(other - one) <= compared.atol + compared.rtol * abs(other)",
        harm="The larger the candidate's numbers are, the more of a difference passes.",
        test=f"{_TESTS}/test_comparing.py::test_tolerances_are_those_of_the_policy",
    ),
    SeededBug(
        file="rollout/core/predictions/comparing.py",
        was="if kind != kind_of(candidate):",
        becomes="if kind != kind_of(candidate) and stable != candidate:",
        harm="A model that answers 1 instead of true is taken for the same.",
        test=f"{_TESTS}/test_comparing.py::test_the_first_difference_is_told",
    ),
    SeededBug(
        file="rollout/core/predictions/comparing.py",
        was="while stack and left:\n    path, one, other = stack.pop()\n    left -= 1",
        becomes="while stack and left:\n    path, one, other = stack.pop()",
        harm="An answer with a huge list keeps a pass busy until its time is over.",
        test=f"{_TESTS}/test_comparing.py::test_of_a_huge_list_so_many_values_are_compared",
    ),
    SeededBug(
        file="rollout/core/predictions/labels.py",
        was="return safe_line(text, LABEL_CHARACTERS) or '\"\"'",
        becomes="return text",
        harm="A password that a model answers is quoted in the history.",
        test=(
            f"{_TESTS}/test_labels_compared.py::"
            "test_what_is_quoted_is_redacted_and_can_be_written_anywhere"
        ),
    ),
    SeededBug(
        file="rollout/core/predictions/answers.py",
        was="own = [fault for fault in faults if fault not in others]",
        becomes="own = list(faults)",
        harm="What stable answers wrongly too hides what only the candidate does.",
        test=(
            f"{_TESTS}/test_answers_to_one_input.py::"
            "test_a_fault_of_both_sides_does_not_hide_one_of_the_candidate"
        ),
    ),
    SeededBug(
        file="rollout/core/predictions/contracts.py",
        was="always=old.always and not _lacks(places, path),",
        becomes="always=old.always,",
        harm="A field that is there only sometimes is missed, and a good release is refused.",
        test=f"{_TESTS}/test_contracts.py::test_what_stable_answers_sometimes_is_allowed",
    ),
    SeededBug(
        file="rollout/core/predictions/scoring.py",
        was="return one if positive else 1 - one",
        becomes="return one",
        harm="A model that is sure and right about class 0 scores as if it were wrong.",
        test=f"{_TESTS}/test_scoring_losses.py::test_log_loss_is_of_the_label_s_probability",
    ),
    SeededBug(
        file="rollout/core/predictions/outputs.py",
        was="common = [name for name, times in names.most_common() if times >= LEAST_OF_A_CLASS]",
        becomes="common = [name for name, times in names.most_common()]",
        harm="Names of single people are stored as if they were classes.",
        test=f"{_TESTS}/test_outputs.py::test_labels_that_stable_hardly_has_are_not_kept_by_name",
    ),
)
