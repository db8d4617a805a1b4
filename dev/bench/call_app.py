"""Child of the benchmark of first calls: loads the app with Microsoft's worker library, calls it.

    python -m dev.bench.call_app FOLDER

Prints a line of JSON once the functions are known, and one for each call it is told to make: a line
`{"function": ..., "kind": "http"|"json"|"string", "value": ...}`, where the value of `http` has
`method`, `url`, `params` and `body`. An answer has the seconds by the clock and of CPU, the HTTP
status where there is one, and the error. The local Functions host is left out: it has already
imported what an app's first call on Azure must import.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localazure.functions_host.messages import RpcHttp, TypedData
from localazure.functions_host.worker import IndexedFunction, Worker


async def main(folder: Path) -> None:
    worker = await Worker.load(folder)
    functions = {function.name: function for function in worker.functions}
    _say({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        _say(await _call(worker, functions[asked["function"]], asked))
    worker.close()


async def _call(
    worker: Worker, function: IndexedFunction, asked: Mapping[str, Any]
) -> dict[str, Any]:
    argument, metadata = _argument(asked), {}
    if asked["kind"] == "string":
        metadata = {"Id": TypedData(string="one"), "DequeueCount": TypedData(json="1")}
    began, busy = time.perf_counter(), time.process_time()
    outcome = await worker.invoke(function.function_id, {_parameter(function): argument}, metadata)
    took = {"wall": time.perf_counter() - began, "cpu": time.process_time() - busy}
    returned = outcome.returned
    http = returned.http if returned is not None and returned.kind == "http" else None
    return {**took, "status": http and int(http.status_code), "error": outcome.error}


def _argument(asked: Mapping[str, Any]) -> TypedData:
    value = asked["value"]
    if asked["kind"] != "http":
        return TypedData(**{asked["kind"]: value})
    body = json.dumps(value.get("body", {})).encode()
    return TypedData(
        http=RpcHttp(
            method=value["method"],
            url=value["url"],
            params=value.get("params", {}),
            headers={"content-type": "application/json"},
            body=TypedData(bytes=body),
        )
    )


def _parameter(function: IndexedFunction) -> str:
    return next(str(one["name"]) for one in function.bindings if one["direction"].upper() == "IN")


def _say(what: Mapping[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
