"""`make prove`: python -m tests.support.schedules prove COUNT [--first SEED]
replay SEED [--steps 2,5,7]
"""

import argparse
import sys
from collections.abc import Sequence

from tests.support.schedules.failing import broken
from tests.support.schedules.proving import prove
from tests.support.schedules.steps import draw


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.schedules")
    commands = parser.add_subparsers(dest="command", required=True)
    many = commands.add_parser("prove", help="play many schedules on all cores")
    many.add_argument("count", type=int)
    many.add_argument("--first", type=int, default=0, help="the first seed")
    one = commands.add_parser("replay", help="play one schedule again")
    one.add_argument("seed", type=int)
    one.add_argument("--steps", default="", help="the numbers of the steps to play, or none")
    given = parser.parse_args(arguments)
    if given.command == "prove":
        if given.count < 1:
            parser.error(f"a number of schedules is needed, not {given.count}")
        return prove(given.first, given.count, _say)
    return _replay(given.seed, given.steps)


def _replay(seed: int, steps: str) -> int:
    schedule = draw(seed)
    if steps:
        numbers = {int(each) for each in steps.split(",") if each != "none"}
        schedule = schedule.only(numbers)
    error = broken(schedule)
    _say(f"seed {seed} breaks {error}" if error else f"seed {seed} breaks no rule")
    return 1 if error else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
