"""`python -m dev.bench.gate run|table`: exit code 1 where a target is missed."""

import argparse
import sys
from collections.abc import Sequence

from dev.bench.gate import comparing, low_traffic, rotation, running, table
from dev.bench.gate.rows import CELLS


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m dev.bench.gate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the rows of the benchmark against their targets")
    run.add_argument("--quick", action="store_true", help="fewer runs, wider targets")
    run.add_argument("--rows", default="", help="only these, as in 1,2,17")
    run.add_argument("--cells", default="", help="only cells with this text in their name")
    run.add_argument("--part", type=int, help="only this part of the rotation, from 0")
    run.add_argument("--workers", type=int, default=1, help="processes (default 1)")
    compared = commands.add_parser("table", help="the comparison with other rules as Markdown")
    compared.add_argument("--workers", type=int, default=1, help="processes (default 1)")
    chosen = parser.parse_args(arguments)
    if chosen.command == "table":
        for line in table.markdown(comparing.compare(chosen.workers)):
            print(line)
        for line in table.low_traffic(low_traffic.compare(chosen.workers)):
            print(line)
        for line in table.predictions():
            print(line)
        return 0
    return _run(chosen)


def _run(chosen: argparse.Namespace) -> int:
    rows = {int(row) for row in chosen.rows.split(",") if row}
    names = [
        name
        for name, cell in CELLS.items()
        if (not rows or cell.row in rows)
        and chosen.cells in name
        and not (chosen.quick and running.only_in_full(cell))
    ]
    if chosen.part is not None:
        parts = rotation.parts()
        if not 0 <= chosen.part < len(parts):
            print(f"there are parts 0 to {len(parts) - 1}", file=sys.stderr)
            return 2
        names = [name for name in names if name in parts[chosen.part]]
    if not names:
        print("no cell is called so: nothing was run", file=sys.stderr)
        return 2
    print(running.heading())
    missed, seconds = 0, 0.0
    for report in running.run(names, quick=chosen.quick, workers=chosen.workers):
        for line in running.lines_of(report):
            print(line, flush=True)
        missed += not report.met
        seconds += report.seconds
    verdict = "every target is met" if not missed else f"{missed} of {len(names)} cells miss"
    print(f"{verdict}; {len(names)} cells, {seconds:.0f} s of one core")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
