"""`python -m demo play | up | prepare`: what the Makefile calls."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from rich.console import Console

from demo import models, playing, staying_up

EXIT_INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser("python -m demo", description=__doc__)
    commands = made.add_subparsers(dest="command", required=True)
    play = commands.add_parser("play", help="play the story; exit 0 if all its claims hold")
    which = play.add_mutually_exclusive_group()
    which.add_argument(
        "--traffic",
        choices=["usual", "low"],
        default="usual",
        help="low: six requests a minute, so that the app's own probes have to be the evidence",
    )
    which.add_argument(
        "--without-alert",
        action="store_true",
        help="versions 1 and 3 without an alert rule: the gate alone rolls version 3 back",
    )
    up = commands.add_parser("up", help="keep the local Azure and the app running")
    up.add_argument(
        "--services",
        type=Path,
        help="a folder of your own services; default: a copy of the example",
    )
    commands.add_parser("prepare", help="build the scoring environment and train the models")
    return made


def main() -> int:
    """Run one command and return the exit code; Ctrl-C and SIGTERM stop every process."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = parser().parse_args()
    try:
        match arguments.command:
            case "play" if arguments.without_alert:
                return playing.play(playing.WITHOUT_ALERT)
            case "play" if arguments.traffic == "low":
                return playing.play(playing.AT_LOW_TRAFFIC)
            case "play":
                return playing.play()
            case "up":
                return staying_up.stay_up(arguments.services)
            case _:
                models.prepare(Console().out)
                return 0
    except KeyboardInterrupt:
        Console().print("stopped")
        return EXIT_INTERRUPTED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
