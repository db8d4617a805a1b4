"""What an instance needs from process start until the app's functions are known.

This app and one that imports only `azure.functions` take turns, so that whatever else the machine
does affects both. The ratio that is judged is of CPU seconds, as the system counted them for each
child (`wait4`): the clock's ratio says how busy the machine was. It is the work of Microsoft's
worker library alone; what Azure does around it cannot be measured here.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dev.bench.timing import Took, cpus, walls

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = 15
TARGET_RATIO = 1.15
FORBIDDEN = ("azure.ai.ml", "azure.identity", "azure.monitor", "azure.eventgrid")
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
    """One start: what it took until the functions were known, and the packages imported.

    The CPU seconds also have the child's end, some milliseconds in either app.
    """

    took: Took
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
        wall = time.perf_counter() - began
        # Before `Popen` collects the child: the system tells its CPU seconds once.
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    said = json.loads(line)
    took = Took(wall, used.ru_utime + used.ru_stime)
    return Indexed(took, said["functions"], tuple(said["packages"]))


def _print(console: Console, runs: dict[str, list[Indexed]]) -> bool:
    title = (
        f"(a) Process start to app indexed, {len(runs['this app'])} starts each, alternating; "
        "median (least-most)"
    )
    table = Table(title=title, title_justify="left")
    for column in ("app", "functions", "CPU ms", "ms by the clock"):
        table.add_column(column, justify="left" if column == "app" else "right")
    for name, starts in runs.items():
        took = [start.took for start in starts]
        table.add_row(name, str(starts[0].functions), str(cpus(took)), str(walls(took)))
    ours, bare = ([start.took for start in starts] for starts in runs.values())
    ratio = cpus(ours).median / cpus(bare).median
    console.print(table)
    packages = runs["this app"][-1].packages
    wrong = [name for name in packages if name.startswith(FORBIDDEN)]
    console.print(
        f"ratio of CPU {ratio:.2f} (target: at most {TARGET_RATIO}), of the least ones "
        f"{cpus(ours).least / cpus(bare).least:.2f}; by the clock "
        f"{walls(ours).median / walls(bare).median:.2f}"
    )
    console.print(f"packages of azure imported by this app: {', '.join(packages)}", soft_wrap=True)
    console.print(f"of {', '.join(FORBIDDEN)}: {', '.join(wrong) or 'none'}\n")
    return ratio <= TARGET_RATIO and not wrong
