"""The command line: check policy files, pack them, plan with them, try them on recorded minutes."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from rollout.cli.bundle import DEFAULT_ARCHIVE, write_bundle
from rollout.cli.linting import CLEAN, add_lint, run_lint
from rollout.cli.planning import add_plan
from rollout.cli.repairing import add_repair
from rollout.cli.replaying import add_replay
from rollout.core.policy.document import policy_schema
from rollout.core.policy.parsing import POLICY_FILE

DEFAULT_FOLDER = "services"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 good, 1 not good, 2 wrong usage."""
    parser = argparse.ArgumentParser("rollout", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_lint(commands, DEFAULT_FOLDER)
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
    return run_lint(folder) or write_bundle(folder, output)
