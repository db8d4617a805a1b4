"""What the exit codes of `rollout` mean (docs/cli.md)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """`GOOD` is also a promotion that was waited for, `NOT_GOOD` a finding of lint, plan or replay
    and an order that was refused. 64 is `EX_USAGE` of `sysexits.h`: no shell or signal uses it.
    """

    GOOD = 0
    NOT_GOOD = 1
    ROLLED_BACK = 2
    HELD = 3
    FAILED = 4
    UNREACHABLE = 5
    USAGE = 64
    INTERRUPTED = 130
