"""`python -m infra_check [FOLDER]`: every finding in the Bicep files, one per line."""

import argparse
import sys
from pathlib import Path

from infra_check.checker import check
from infra_check.parameters_file import check_parameters_file
from infra_check.program import read_program
from infra_check.type_data import ABSENT, load

_INFRA = Path(__file__).resolve().parents[1] / "infra"


def main(arguments: list[str]) -> int:
    """Return 0 without findings, 1 with findings, 2 when nothing could be checked."""
    parser = argparse.ArgumentParser(prog="infra_check", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=_INFRA, help="default: infra/")
    folder = parser.parse_args(arguments).folder
    try:
        program, types = read_program(folder), load()
    except (OSError, ValueError) as error:
        print(f"infra_check: {error}", file=sys.stderr)
        return 2
    findings = check(program, types)
    parameters = folder / "main.parameters.json"
    if parameters.is_file():
        findings += check_parameters_file(program, parameters)
    for each in findings:
        print(each)
    print(f"{len(program.files)} Bicep files, {len(findings)} findings; never compiled here.")
    if types is None:
        print(f"Note: {ABSENT}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
