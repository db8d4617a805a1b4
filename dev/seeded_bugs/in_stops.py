"""Bugs in suspensions and freezes."""

from dev.seeded_bugs.bug import SeededBug

IN_FLIGHT = (
    "tests/stories/test_services_are_suspended.py::"
    "test_no_raise_begins_after_the_order_was_answered"
)

BUGS = (
    SeededBug(
        file="rollout/service/stops.py",
        was="if self._found is not None:",
        becomes="if self._limits.suspended:",
        harm="Everything is suspended in an incident, and a raise under way goes out all the same.",
        test=IN_FLIGHT,
    ),
    SeededBug(
        file="rollout/service/stops.py",
        was="if seconds() - (self._read_at or 0.0) < within:",
        becomes="if seconds() >= (self._read_at or 0.0):",
        harm="A slow check lets a raise begin after the order to suspend was answered.",
        test=(
            "tests/stories/test_services_are_suspended.py::"
            "test_checks_that_are_never_quick_enough_raise_nothing"
        ),
    ),
    SeededBug(
        file="rollout/service/suspending.py",
        was="self.settle()",
        becomes="pass",
        harm="All services are suspended, and one candidate's traffic goes up after the answer.",
        test=IN_FLIGHT,
    ),
    SeededBug(
        file="rollout/service/doors.py",
        was="self._suspending.settle()",
        becomes="pass",
        harm="Who suspended a service sees its candidate's traffic go up afterwards.",
        test=IN_FLIGHT,
    ),
    SeededBug(
        file="rollout/core/machine/suspending.py",
        was="draft.suspended = suspension is not None",
        becomes="draft.suspended = of_all is not None",
        harm="A service that was suspended goes on at the next look.",
        test=(
            "tests/stories/test_services_are_suspended.py::"
            "test_a_suspension_stops_what_goes_forward_and_no_way_back"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/halts.py",
        was="return rollout.hold is not None or rollout.suspended or rollout.frozen is not None",
        becomes="return rollout.hold is not None or rollout.suspended",
        harm="A raise goes out on Saturday night, although the policy freezes weekends.",
        test=(
            "tests/stories/test_random_schedules.py::"
            "test_random_schedules_keep_every_rule_and_come_to_every_place[1]"
        ),
    ),
    SeededBug(
        file="rollout/core/machine/conclude.py",
        was="and rollout.frozen is None",
        becomes="",
        harm="A newer version throws the running one away in a freeze, and cannot start itself.",
        test=(
            "tests/stories/test_freeze_windows.py::test_a_newer_version_replaces_nothing_in_a_freeze"
        ),
    ),
    SeededBug(
        file="rollout/core/policy/freezing.py",
        was="_BEFORE, _AFTER = 0, 1",
        becomes="_BEFORE, _AFTER = 0, 0",
        harm="On the night when clocks go back a freeze ends an hour early.",
        test=(
            "tests/unit/core/policy/test_freezing.py::"
            "test_when_clocks_change_a_window_never_has_a_hole"
        ),
    ),
)
