"""`rollout repair`: shows history rows that an endpoint's row does not know, and adopts them."""

import getpass
import os
import sys
from datetime import UTC, datetime

from rollout.cli.exits import ExitCode
from rollout.errors import RolloutError
from rollout.service.dependencies import Dependencies
from rollout.service.directory import Directory
from rollout.service.repairing import Repair
from rollout.settings import read_settings
from rollout.wiring import dependencies, limits

SOUND, DAMAGED = 0, 1


def run_repair(target: str, *, yes: bool) -> int:
    """Look, show, adopt if told to, and return the exit code."""
    try:
        settings = read_settings(os.environ)
        ports = dependencies(settings)
        endpoint = target.lower()
        if not target.startswith("/"):
            endpoint = Directory(ports, limits(settings)).endpoint_of(endpoint)
        return repair(ports, endpoint, datetime.now(UTC), adopt=yes)
    except RolloutError as error:
        print(error, file=sys.stderr)
        return ExitCode.USAGE


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
