"""`python -m dev.bench [indexing|alerts|storage|show]`: tables; exits 1 if a target is missed."""

import argparse
import sys

from rich.console import Console

from dev.bench import alert_times, indexing, show_times, storage_counts

SECTIONS = {
    "indexing": indexing.report,
    "alerts": alert_times.report,
    "storage": storage_counts.report,
    "show": show_times.report,
}
WIDTH = 118


def main() -> int:
    parser = argparse.ArgumentParser("python -m dev.bench", description=__doc__)
    parser.add_argument("section", nargs="*", choices=[*SECTIONS, []], help="default: all")
    chosen = parser.parse_args().section or list(SECTIONS)
    console = Console(width=WIDTH, highlight=False)
    met = [SECTIONS[name](console) for name in chosen]
    console.print("every target was met" if all(met) else "a target was missed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
