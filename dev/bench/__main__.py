"""`python -m dev.bench [SECTION ...]` measures; it exits with 1 where a target is missed.

With `--once` everything is measured once, on less data: the figures say little, but every section
runs to its end, which a test checks.
"""

import argparse
import sys

from rich.console import Console

from dev.bench import (
    alert_times,
    bundle_times,
    collected_times,
    first_calls,
    gate_alone,
    growth,
    idle_day,
    indexing,
    list_times,
    raise_races,
    scale,
    second_clock,
    show_times,
    storage_counts,
    year,
)
from dev.bench.timing import machine

SECTIONS = {
    "indexing": indexing.report,
    "first": first_calls.report,
    "alerts": alert_times.report,
    "storage": storage_counts.report,
    "show": show_times.report,
    "collected": collected_times.report,
    "list": list_times.report,
    "scale": scale.report,
    "idle": idle_day.report,
    "clock": second_clock.report,
    "year": year.report,
    "alone": gate_alone.report,
    "growth": growth.report,
    "races": raise_races.report,
    "bundle": bundle_times.report,
}
WIDTH = 140


def main() -> int:
    parser = argparse.ArgumentParser("python -m dev.bench", description=__doc__)
    parser.add_argument("section", nargs="*", choices=[*SECTIONS, []], help="default: all")
    parser.add_argument("--once", action="store_true", help="measure once; miss no target")
    arguments = parser.parse_args()
    chosen = arguments.section or list(SECTIONS)
    console = Console(width=WIDTH, highlight=False)
    met = []
    for name in chosen:
        console.print(f"{name}: {machine()}")
        met.append(SECTIONS[name](console, once=arguments.once))
    if arguments.once:
        console.print("everything was measured once: no target is judged")
        return 0
    console.print("every target was met" if all(met) else "a target was missed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
