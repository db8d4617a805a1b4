"""`python -m dev.seeded_bugs`: seeds each bug, runs its test, prints a table.

Exit code 1 where a bug was not caught, or a test fails without any bug. With `--share 2/6` only
the second of six shares of the list is run; with `--only text`, the bugs whose file or test has it.
"""

import argparse
import sys
from collections.abc import Sequence

from dev.seeded_bugs import running
from dev.seeded_bugs.bug import OutdatedBugError, SeededBug
from dev.seeded_bugs.listed import BUGS

MAX_FILE_COLUMN = 52


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m dev.seeded_bugs", description=__doc__)
    parser.add_argument("--share", default="1/1", help="which share of the list, such as 2/6")
    parser.add_argument("--only", default="", help="bugs with this text in their file or test")
    chosen = parser.parse_args(arguments)
    bugs = _share([each for each in BUGS if _concerns(each, chosen.only)], chosen.share)
    if not bugs:
        print("no seeded bug is meant: nothing was run", file=sys.stderr)
        return 2
    running.warm_up()
    sound = running.run_without(bug.test for bug in bugs)
    if sound.ending is not running.Ending.MISSED:
        print(f"a test fails without any bug: {sound.why}\n{sound.output}")
        return 1
    try:
        return _run(bugs, sound.seconds)
    except OutdatedBugError as error:
        print(error)
        return 1


def _run(bugs: Sequence[SeededBug], spent: float) -> int:
    places = {bug: bug.place() for bug in bugs}
    missed = []
    for bug in bugs:
        run = running.run_with(bug)
        spent += run.seconds
        print(f"{run.ending:<9}{run.seconds:5.2f} s  {places[bug]:<{MAX_FILE_COLUMN}} {bug.harm}")
        if not run.catches(bug):
            missed.append(bug)
            print(f"  {bug.becomes or '(lost)'}\n  {bug.test}: {run.why}\n{run.output}")
    caught = len(bugs) - len(missed)
    print(f"{caught} of {len(bugs)} seeded bugs are caught; {spent:.0f} CPU seconds")
    return 1 if missed else 0


def _concerns(bug: SeededBug, text: str) -> bool:
    return text in bug.file or text in bug.test


def _share(bugs: Sequence[SeededBug], share: str) -> Sequence[SeededBug]:
    number, _, of = share.partition("/")
    return bugs[int(number) - 1 :: int(of)]


if __name__ == "__main__":
    sys.exit(main())
