"""The command line: check policy files, pack them, plan with them, try them on recorded minutes."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rollout.adapters.bundle.files import read_bundle
from rollout.cli.bundle import DEFAULT_ARCHIVE, write_bundle
from rollout.cli.planning import add_plan
from rollout.cli.repairing import add_repair
from rollout.cli.replaying import add_replay
from rollout.core.policy.document import policy_schema
from rollout.core.policy.parsing import POLICY_FILE
from rollout.errors import ServicesUnavailableError

CLEAN, FAULTS = 0, 1
DEFAULT_FOLDER = "services"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 good, 1 not good, 2 wrong usage."""
    parser = argparse.ArgumentParser("rollout", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    lint = commands.add_parser("lint", help="check a folder of services; exit code 1 on any fault")
    lint.add_argument(
        "folder", nargs="?", type=Path, default=Path(DEFAULT_FOLDER), help="default: %(default)s"
    )
    lint.set_defaults(run=lambda parsed: _lint(parsed.folder))
    bundle = commands.add_parser("bundle", help="check a folder of services and write it as a zip")
    bundle.add_argument(
        "folder", nargs="?", type=Path, default=Path(DEFAULT_FOLDER), help="default: %(default)s"
    )
    bundle.add_argument(
        "--output", type=Path, default=DEFAULT_ARCHIVE, help="the zip (default: %(default)s)"
    )
    bundle.set_defaults(run=lambda parsed: _bundle(parsed.folder, parsed.output))
    schema = commands.add_parser("schema", help=f"print the JSON Schema of {POLICY_FILE}")
    schema.set_defaults(run=lambda _: _schema())
    add_plan(commands, DEFAULT_FOLDER)
    add_replay(commands)
    add_repair(commands)
    parsed = parser.parse_args(arguments)
    code: int = parsed.run(parsed)
    return code


def schema_text() -> str:
    """Return the published schema as it stands in `docs/rollout.schema.json`."""
    return json.dumps(policy_schema(), indent=2) + "\n"


def _schema() -> int:
    print(schema_text(), end="")
    return CLEAN


def _bundle(folder: Path, output: Path) -> int:
    """Only a folder without faults is packed."""
    return _lint(folder) or write_bundle(folder, output)


def _lint(folder: Path) -> int:
    try:
        parsed = read_bundle(folder, None).services
    except ServicesUnavailableError as error:
        print(f"{folder}: {error}", file=sys.stderr)
        return FAULTS
    for place, sentence in parsed.faults:
        print(f"{place}: {sentence}")
    if parsed.faults:
        return FAULTS
    if not parsed.policies:
        print(f"{folder}: no folder in it has a {POLICY_FILE}.", file=sys.stderr)
        return FAULTS
    names = ", ".join(sorted(parsed.policies))
    print(f"{len(parsed.policies)} service(s) without a fault: {names}")
    return CLEAN
