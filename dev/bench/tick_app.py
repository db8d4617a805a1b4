"""Child of the benchmark of scale: the app in a process of its own, which ticks when it is told to.

    python -m dev.bench.tick_app

Each line it reads, `{"now": ..., "endpoints": [...]}`, is one tick at that moment, and then a pass
over each of the endpoints. It answers with what they took, the requests they made by kind and
method, and the memory of the process in MiB, now and at its peak; or with the error of the tick.
"""

import json
import logging
import os
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from dev.bench.metering import Meter
from dev.bench.timing import timed
from rollout.errors import RolloutError
from rollout.wiring import running_app

MIB = 1024


def main() -> None:
    logging.getLogger("rollout").setLevel(logging.CRITICAL)
    app = running_app()
    addresses = {
        os.environ[f"AzureWebJobsStorage__{kind}ServiceUri"]: kind for kind in ("table", "queue")
    }
    meter = Meter({**addresses, os.environ["ARM_ENDPOINT"]: "arm"})
    print(json.dumps({"ready": True, **_memory()}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        now = datetime.fromisoformat(asked["now"])
        position = len(meter.requests)
        with meter.attached():
            try:
                took, report = timed(lambda at=now: app.service.tick(at))  # type: ignore[misc]
            except RolloutError as error:
                print(json.dumps({"error": str(error)}), flush=True)
                continue
            ticked = len(meter.requests)
            for endpoint in asked["endpoints"]:
                app.service.work(endpoint, now, None)
        requests = Counter(f"{one.kind} {one.method}" for one in meter.requests[position:ticked])
        meter.requests.clear()
        answer: dict[str, Any] = {"wall": took.wall, "cpu": took.cpu, "woken": report.woken}
        print(json.dumps({**answer, "requests": requests, **_memory()}), flush=True)


def _memory() -> dict[str, float]:
    """Resident memory, now and at its peak (Linux)."""
    status = Path(f"/proc/{os.getpid()}/status").read_text(encoding="utf-8")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    kib = {"rss": fields["VmRSS"], "peak": fields["VmHWM"]}
    return {name: int(text.split()[0]) / MIB for name, text in kib.items()}


if __name__ == "__main__":
    main()
