"""What the exit codes of `rollout` mean (docs/cli.md)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """`GOOD` is also a promotion that was waited for, `NOT_GOOD` a finding of lint, plan or replay
    and an order that was refused. 64 is `EX_USAGE` of `sysexits.h`, 124 what `timeout` ends with,
    130 what a shell ends with after Ctrl-C.
    """

    GOOD = 0
    NOT_GOOD = 1
    ROLLED_BACK = 2
    HELD = 3
    FAILED = 4
    UNREACHABLE = 5
    TIMED_OUT = 124
    USAGE = 64
    INTERRUPTED = 130
