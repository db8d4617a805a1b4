"""The command line: `rollout lint FOLDER` checks policy files, `rollout bundle FOLDER` packs them
for the app, `rollout schema` prints their schema.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rollout.adapters.bundle_files import read_bundle
from rollout.cli.bundle import DEFAULT_ARCHIVE, write_bundle
from rollout.core.policy_document import policy_schema
from rollout.core.policy_parsing import POLICY_FILE
from rollout.errors import ServicesUnavailableError

CLEAN, FAULTS = 0, 1
DEFAULT_FOLDER = "services"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 clean, 1 faults found, 2 wrong usage."""
    parser = argparse.ArgumentParser("rollout", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    lint = commands.add_parser("lint", help="check a folder of services; exit code 1 on any fault")
    lint.add_argument(
        "folder", nargs="?", type=Path, default=Path(DEFAULT_FOLDER), help="default: %(default)s"
    )
    bundle = commands.add_parser("bundle", help="check a folder of services and write it as a zip")
    bundle.add_argument(
        "folder", nargs="?", type=Path, default=Path(DEFAULT_FOLDER), help="default: %(default)s"
    )
    bundle.add_argument(
        "--output", type=Path, default=DEFAULT_ARCHIVE, help="the zip (default: %(default)s)"
    )
    commands.add_parser("schema", help=f"print the JSON Schema of {POLICY_FILE}")
    parsed = parser.parse_args(arguments)
    if parsed.command == "schema":
        print(schema_text(), end="")
        return CLEAN
    code = _lint(parsed.folder)
    if parsed.command == "bundle" and code == CLEAN:
        return write_bundle(parsed.folder, parsed.output)
    return code


def schema_text() -> str:
    """Return the published schema as it stands in `docs/rollout.schema.json`."""
    return json.dumps(policy_schema(), indent=2) + "\n"


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
