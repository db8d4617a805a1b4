"""How long an instance needs from process start until the app's functions are known.

This app and one that imports only `azure.functions` take turns, so that whatever else the machine
does affects both. It is the time of Microsoft's worker library alone; what Azure does around it
cannot be measured here.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = 7
TARGET_RATIO = 1.2
FORBIDDEN = ("azure.ai.ml", "azure.identity", "azure.monitor", "azure.eventgrid")
CHILD_SECONDS = 60.0
BARE_APP = """\
import azure.functions as func

app = func.FunctionApp()


@app.route(route="ping")
def ping(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("pong")
"""
BARE_HOST = '{"version": "2.0"}'


@dataclass(frozen=True)
class Indexed:
    """One start: seconds until the functions were known, and the packages imported."""

    seconds: float
    functions: int
    packages: tuple[str, ...]


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether the targets are met."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder)
        (bare / "function_app.py").write_text(BARE_APP, encoding="utf-8")
        (bare / "host.json").write_text(BARE_HOST, encoding="utf-8")
        apps = {"this app": REPOSITORY, "azure.functions only": bare}
        for app in apps.values():  # warms the disk cache and compiles byte code
            _index(app)
        runs: dict[str, list[Indexed]] = {name: [] for name in apps}
        for _ in range(1 if once else RUNS):
            for name, app in apps.items():
                runs[name].append(_index(app))
    return _print(console, runs)


def _index(app: Path) -> Indexed:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "dev.bench.index_app", str(app)]
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        seconds = time.perf_counter() - began
        child.wait(CHILD_SECONDS)
    said = json.loads(line)
    return Indexed(seconds, said["functions"], tuple(said["packages"]))


def _print(console: Console, runs: dict[str, list[Indexed]]) -> bool:
    title = f"(a) Process start to app indexed, {len(runs['this app'])} starts each, alternating"
    table = Table(title=title, title_justify="left")
    for column in ("app", "functions", "median ms", "least ms", "most ms"):
        table.add_column(column, justify="left" if column == "app" else "right")
    medians = {}
    for name, starts in runs.items():
        times = sorted(start.seconds * 1000 for start in starts)
        medians[name] = statistics.median(times)
        row = (medians[name], times[0], times[-1])
        table.add_row(name, str(starts[0].functions), *(f"{value:.0f}" for value in row))
    ours, bare = medians.values()
    console.print(table)
    packages = runs["this app"][-1].packages
    wrong = [name for name in packages if name.startswith(FORBIDDEN)]
    console.print(f"ratio {ours / bare:.2f} (target: at most {TARGET_RATIO})")
    console.print(f"packages of azure imported by this app: {', '.join(packages)}", soft_wrap=True)
    console.print(f"of {', '.join(FORBIDDEN)}: {', '.join(wrong) or 'none'}\n")
    return ours / bare <= TARGET_RATIO and not wrong
