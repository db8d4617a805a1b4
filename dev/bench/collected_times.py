"""How long one look at collected answers takes, and what memory, with 100,000 lines to read.

Both sides' lines lie in append blobs in Azurite, as the platform writes them. The targets are the
app's own time (its CPU: what Azurite does is not counted) and the memory that it holds at its peak
beside what it held before.
"""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from azure.storage.blob import BlobServiceClient, ContainerClient
from rich.console import Console

from localazure.azurite import Azurite
from rollout.adapters.azure_ml.data_collectors import Rolling
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Allowance, Bounds
from rollout.adapters.predictions.azure_blobs import AzureFiles
from rollout.adapters.predictions.cursor import Position, packed, unpacked
from rollout.adapters.predictions.learning import lately
from rollout.adapters.predictions.reading import Source, read_on
from rollout.adapters.predictions.records import Records
from rollout.adapters.predictions.tallies import Tally
from rollout.core.policy.expectation import Expectation, Interval
from rollout.core.policy.quality_model import Live, Output, OutputKind
from rollout.core.predictions.outputs import learn_bins
from rollout.core.records.predictions import Bins

LINES, LINES_ONCE = 100_000, 2_000
TARGET_S, TARGET_MIB = 3.0, 50.0
CONTAINER, FOLDER = "answers", "modelDataCollector/fraud/green-7/model_outputs"
AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
BLOCK = 4 * 1024 * 1024
MINUTES = 50
SECONDS = 600
"""Of one look, so that nothing but the lines bounds what it reads."""

LIVE = Live(
    outputs=(Output("label", OutputKind.LABEL), Output("score", range=Interval(0.0, 1.0))),
    expect=Expectation(absent=("error",)),
)
_RECORD = {
    "specversion": "1.0",
    "id": "0f0e5d0a-6f0a-4a54-9f6b-0d3c7e5b7f11",
    "source": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-ml/providers"
    "/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/fraud/deployments/green-7",
    "type": "azureml.inference.model_outputs",
    "datacontenttype": "application/json",
    "contentrange": "bytes 0-35/36",
    "correlationid": "8c1d0a77-2b3e-4a2b-8d57-8e0f3b6f9a01",
    "xrequestid": "8c1d0a77-2b3e-4a2b-8d57-8e0f3b6f9a01",
    "modelversion": "default",
    "collectdatatype": "pandas.core.frame.DataFrame",
    "agent": "azureml-ai-monitoring/1.0.0",
}


def report(console: Console, *, once: bool) -> bool:
    """Measure and print; return whether both targets are met."""
    count = LINES_ONCE if once else LINES
    with Azurite() as azurite:
        connection = azurite.account.connection_string
        _write(connection, count)
        with _source(connection) as source:
            bins = learn_bins(LIVE, lately(source, AT + timedelta(hours=1))) or ()
            seconds = _cpu_seconds(lambda: _look(source, bins, count))
            mebibytes = _peak_mib(lambda: _look(source, bins, count))
            left = _look(source, bins, count, lines=count // 2)
    console.print(
        f"(e) One look at {count:,} collected lines: {seconds:.2f} s of CPU (target: at most "
        f"{TARGET_S:g}), {mebibytes:.0f} MiB at its peak (target: at most {TARGET_MIB:g}); with "
        f"half as many lines allowed, {left:,} in the first look and the rest in the next\n"
    )
    return seconds <= TARGET_S and mebibytes <= TARGET_MIB


def _look(source: Source, bins: tuple[Bins, ...], count: int, lines: int | None = None) -> int:
    """Read everything, in as many looks as the bound takes; return what the first one counted."""
    bounds = Bounds(bytes=1 << 40, lines=lines or 2 * count, seconds=SECONDS)
    position, found, first = Position(), 0, 0
    while True:
        tally = Tally(LIVE, bins, AT)
        end = AT + timedelta(hours=1)
        progress = read_on(source, position, tally, end, Allowance(bounds))
        position = unpacked(packed(progress.position))
        found += sum(each.answers for each in tally.minutes.values())
        first = first or found
        if not progress.more:
            break
    assert found == count, (found, count)
    return first


@contextmanager
def _source(connection: str) -> Iterator[Source]:
    with ContainerClient.from_connection_string(connection, CONTAINER) as client:
        files = AzureFiles(client, Deadline(SECONDS))
        yield Source(files, FOLDER, Rolling.HOUR, Records("green-7", "model_outputs"))


def _write(connection: str, count: int) -> None:
    with BlobServiceClient.from_connection_string(connection) as service:
        service.create_container(CONTAINER)
        with service.get_blob_client(CONTAINER, f"{FOLDER}/2026/11/27/10/one.jsonl") as blob:
            blob.create_append_blob()
            block = bytearray()
            for number in range(count):
                block += _line(number)
                if len(block) > BLOCK - 4096:
                    blob.append_block(bytes(block))
                    block.clear()
            blob.append_block(bytes(block))


def _line(number: int) -> bytes:
    at = AT + timedelta(minutes=number % MINUTES, seconds=number % 60)
    row = {"label": number % 2, "score": (number * 7919 % 1000) / 1000}
    record = {**_RECORD, "time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "data": [row]}
    return json.dumps(record).encode() + b"\n"


def _cpu_seconds(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _peak_mib(act: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] / 1024 / 1024
    finally:
        tracemalloc.stop()
