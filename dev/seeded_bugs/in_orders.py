"""Bugs in orders that come again, and in who may approve."""

from dev.seeded_bugs.bug import SeededBug

_ONCE = (
    "tests/stories/test_orders_count_once.py::"
    "test_an_order_counts_once_whatever_happens_at_any_of_its_calls"
)

BUGS = (
    SeededBug(
        file="rollout/service/doors.py",
        was="if not pinned and repeated(current, command, now) is None:",
        becomes="if not pinned:",
        harm="A `cancel` whose answer was lost is refused when it is sent again: nothing waits.",
        test=f"{_ONCE}[answer lost-cancel of all there is]",
    ),
    SeededBug(
        file="rollout/service/door_passes.py",
        was="if not self._save(decision, now) and not decision.repeated:",
        becomes="if not self._save(decision, now):",
        harm="A rollback that died after its save is not asked for when it is sent again.",
        test=(
            "tests/stories/test_orders_count_once.py::"
            "test_an_order_sent_again_does_what_its_first_sending_died_before"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/repeats.py",
        was="if given.key.digest != key.digest:",
        becomes="if given.key.digest == key.digest:",
        harm="An order that is sent again is refused, and another one under its key is ignored.",
        test=(
            "tests/unit/core/machine/test_repeats.py::"
            "test_another_order_under_the_same_key_is_a_mistake"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/second_person.py",
        was="if proof.subject == starter.subject:",
        becomes="if command.actor == starter.name:",
        harm="Who has two names approves their own rollout under the other one.",
        test=(
            "tests/unit/core/machine/test_second_person.py::"
            "test_who_started_it_and_who_is_not_proven_is_refused"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/apply.py",
        was="offerer=rollout.starter,",
        becomes="",
        harm="Who may change the templates approves their own rollout after a change.",
        test=(
            "tests/unit/core/machine/test_apply.py::"
            "test_a_changed_template_makes_nobody_else_the_one_who_started_it"
        ),
    ),
)
