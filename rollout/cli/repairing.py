"""`rollout repair`: shows history rows that an endpoint's row does not know, and adopts them."""

import argparse
import getpass
import os
import sys
from datetime import UTC, datetime
from typing import Any

from rollout.errors import RolloutError
from rollout.service.dependencies import Dependencies
from rollout.service.directory import Directory
from rollout.service.repairing import Repair
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

SOUND, DAMAGED, WRONG_USAGE = 0, 1, 2


def add_repair(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "repair",
        help="adopt history rows that an endpoint's row does not know (docs/operations.md)",
        description="Reads the tables with the app's own settings. Exit code 0: nothing is "
        "damaged, or it was repaired; 1: damaged, and left so; 2: it could not be read.",
    )
    parser.add_argument("target", help="a service's name, or an endpoint's ARM id")
    parser.add_argument("--yes", action="store_true", help="adopt the rows after showing them")
    parser.set_defaults(run=run_repair)


def run_repair(parsed: argparse.Namespace) -> int:
    """Look, show, adopt if told to, and return the exit code."""
    try:
        settings = read_settings(os.environ)
        ports = dependencies(settings)
        target: str = parsed.target
        endpoint = target.lower()
        if not target.startswith("/"):
            endpoint = Directory(ports, limits(settings)).endpoint_of(endpoint)
        return repair(ports, endpoint, datetime.now(UTC), adopt=parsed.yes)
    except RolloutError as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE


def repair(ports: Dependencies, endpoint: str, now: datetime, *, adopt: bool) -> int:
    """Show what the row does not know, and adopt it if told to.

    Raises:
        RolloutError: The rows cannot be read or saved.
    """
    found = Repair(ports, endpoint)
    rows = found.beyond()
    if not rows:
        print(f"{endpoint}: the row knows all of its history; there is nothing to repair.")
        return SOUND
    print(f"{endpoint}: {len(rows)} history rows that its row does not know:")
    for row in rows:
        print(
            f"  {row.sequence:>6}  {row.at:%Y-%m-%d %H:%M:%S}Z  {row.kind}  {row.phase}  {row.text}"
        )
    if not adopt:
        print("Run it again with --yes to adopt them. A rollout that could go on is then held.")
        return DAMAGED
    saved = found.adopt(rows, now, f"rollout repair by {getpass.getuser()}")
    print(f"Adopted: the history ends at row {saved.current.sequence} now.")
    if saved.current.rollout is not None and saved.current.rollout.hold is not None:
        print("The rollout is held: compare it with the endpoint, then resume or roll back.")
    return SOUND
