"""What a bundle of 1,000 services costs a process: the first question of each kind, and later ones.

Each first question is asked of a bundle that nothing was asked of before, as after a cold start or
a publication. The files are in the disk's cache: what is measured is our own work.
"""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from rich.console import Console

from dev.bench.many_services import names, write_bundle
from dev.bench.timing import Took, cpus, timed, walls
from rollout.adapters.bundle.service_bundle import ServiceBundle
from rollout.adapters.bundle.sources import FolderSource
from rollout.units import NO_TIME

SERVICES, SERVICES_ONCE = 1000, 10
REPEATS, LATER_REPEATS = 3, 50
FIRST_SECONDS, LATER_MS = 3.0, 1.0
MS_PER_SECOND = 1000
RECHECK = timedelta(hours=1)

QUESTIONS: dict[str, Callable[[ServiceBundle, str], object]] = {
    "all services (list, sweep)": lambda bundle, _: bundle.all(),
    "one service (order)": lambda bundle, name: bundle.find(name),
    "one service with digests (pass)": lambda bundle, name: bundle.service(name),
    "services of a model (event)": lambda bundle, _: bundle.serving("a-model-of-nobody"),
}


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether both targets are met."""
    count, firsts, laters = (SERVICES_ONCE, 1, 1) if once else (SERVICES, REPEATS, LATER_REPEATS)
    met = True
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(Path(folder), count)
        name = names(count)[count // 2]
        console.print(f"A bundle of {count:,} services; ms of CPU, and by the clock:")
        for question, ask in QUESTIONS.items():
            first = [_first(Path(folder), ask, name) for _ in range(firsts)]
            held = ServiceBundle(FolderSource(Path(folder), recheck=RECHECK))
            ask(held, name)
            later = [timed(partial(ask, held, name))[0] for _ in range(laters)]
            console.print(
                f"  {question}: first {cpus(first)}, {walls(first)}; later {cpus(later)}, "
                f"{walls(later)}"
            )
            met &= cpus(first).median <= FIRST_SECONDS * MS_PER_SECOND
            met &= cpus(later).median <= LATER_MS
        looked = ServiceBundle(FolderSource(Path(folder), recheck=NO_TIME))
        looked.find(name)
        again = [timed(lambda: looked.find(name))[0] for _ in range(firsts)]
    console.print(
        f"  looking through a folder for changes, once in BUNDLE_RECHECK_SECONDS: {cpus(again)}, "
        f"{walls(again)}"
    )
    console.print(
        f"  targets by CPU: at most {FIRST_SECONDS:g} s at first, {LATER_MS:g} ms later\n"
    )
    return met


def _first(folder: Path, ask: Callable[[ServiceBundle, str], object], name: str) -> Took:
    bundle = ServiceBundle(FolderSource(folder, recheck=RECHECK))
    return timed(partial(ask, bundle, name))[0]
