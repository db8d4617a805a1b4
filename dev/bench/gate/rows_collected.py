"""Row 49: how much of what data collectors wrote one look reads, and what that costs.

In a process of its own, whose memory is measured. The files are there already: what it takes to get
them from Blob Storage is not in it.
"""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

from dev.bench.gate.cells import Exact, Measured
from rollout.adapters.azure_ml.arm_ids import WorkspaceId
from rollout.adapters.azure_ml.data_collectors import Collection, default_folder
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Bounds
from rollout.adapters.predictions.collected import CollectedPredictions
from rollout.adapters.predictions.files import File, Files
from rollout.adapters.predictions.places import Place, Places
from rollout.core.policy.expectation import Expectation, Interval
from rollout.core.policy.quality_model import Live, Output, OutputKind
from rollout.core.records.observation import DeploymentSeen, ProvisioningState
from rollout.ports import PredictionsQuestion
from rollout.units import MINUTE

ROW = 49
LINES = 100_000
MORE = 10_000
"""Lines that are left for the next look."""

MIB = 1024 * 1024
SECONDS, MEMORY_MIB = 3.0, 50.0
ENDPOINT = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    "/onlineEndpoints/fraud"
)
AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
LIVE = Live(
    outputs=(
        Output("score", range=Interval(0.0, 1.0)),
        Output("label", OutputKind.LABEL),
    ),
    expect=Expectation(absent=("error",)),
)
CANDIDATE, STABLE = "green-2", "blue-1"
COLLECTED = {
    "properties": {
        "dataCollector": {
            "collections": {"model_outputs": {"dataCollectionMode": "Enabled", "samplingRate": 1.0}}
        }
    }
}


def cells() -> Iterator[Exact]:
    yield Exact(ROW, f"{LINES:,} collected lines in one look", _look, timed=True)


@dataclass
class _Stored:
    """The blobs of one container."""

    blobs: dict[str, bytearray] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return "https://account.blob.core.windows.net/container"

    def listed(self, prefix: str) -> Iterator[File]:
        for name in sorted(self.blobs):
            if name.startswith(prefix):
                yield File(name, len(self.blobs[name]))

    def read(self, name: str, first: int, length: int) -> bytes:
        return bytes(self.blobs[name][first : first + length])


class _OnePlace(Places):
    """Everything is in one container, so that nothing has to be asked of Azure."""

    def __init__(self) -> None:
        """Without Resource Manager."""

    def of(
        self,
        workspace: WorkspaceId,
        folder: str,
        collection: Collection,
        live: Live,
        deadline: Deadline,
    ) -> Place:
        del workspace, collection, live, deadline
        return Place("https://account", "container", folder)


def _look() -> list[Measured]:
    with get_context("spawn").Pool(1) as pool:
        seconds, mib, first, both = pool.apply(_read)
    return [
        Measured("lines", f">= {LINES:,}", f"{first:,}", met=first >= LINES),
        Measured("in two looks", f"{LINES + MORE:,}", f"{both:,}", met=both == LINES + MORE),
        Measured("CPU seconds", f"<= {SECONDS:g}", f"{seconds:.2f}", met=seconds <= SECONDS),
        Measured("more MiB", f"<= {MEMORY_MIB:g}", f"{mib:.0f}", met=mib <= MEMORY_MIB),
    ]


def _read() -> tuple[float, float, int, int]:
    """CPU seconds and further MiB of a look, the lines it read, and those of it and the next."""
    stored = _Stored()
    for name, lines in ((CANDIDATE, LINES // 10), (STABLE, LINES + MORE - LINES // 10)):
        size, folder = len(_line(name, 0)), default_folder("fraud", name, LIVE.collection)
        # Of its size at once: one that grows would have needed twice the room already.
        blob = stored.blobs[f"{folder}/2026/01/31/10/one.jsonl"] = bytearray(size * lines)
        for number in range(lines):
            blob[size * number : size * (number + 1)] = _line(name, number)
    # So that what is imported and compiled at first does not count.
    port = CollectedPredictions(_OnePlace(), _opener(stored), Bounds(bytes=2 * MIB, lines=500))
    question = PredictionsQuestion(
        DeploymentSeen(CANDIDATE, ProvisioningState.SUCCEEDED, body=COLLECTED),
        DeploymentSeen(STABLE, ProvisioningState.SUCCEEDED, body=COLLECTED),
        LIVE,
        AT,
        AT + timedelta(hours=1),
    )
    bins = port.read(ENDPOINT, question, timeout=60).bins
    question = replace(question, bins=bins)
    port = CollectedPredictions(
        _OnePlace(), _opener(stored), Bounds(bytes=1000 * MIB, lines=LINES, seconds=600)
    )
    before, began = _most_mib(), time.process_time()
    seen = port.read(ENDPOINT, question, timeout=600)
    seconds, mib = time.process_time() - began, _most_mib() - before
    later = port.read(ENDPOINT, replace(question, cursor=seen.cursor), timeout=600)
    return seconds, mib, _answers(seen), _answers(seen) + _answers(later)


def _opener(stored: _Stored) -> Any:
    def opened(account: str, container: str, deadline: Deadline) -> AbstractContextManager[Files]:
        del account, container, deadline
        return nullcontext(stored)

    return opened


def _answers(seen: Any) -> int:
    return sum(each.candidate.answers + each.stable.answers for each in seen.batches)


def _line(deployment: str, number: int) -> bytes:
    at = AT + number % 30 * MINUTE
    score, label = number * 7919 % 1000 / 1000, "forgery" if number % 10 == 0 else "genuine"
    return (
        '{"specversion":"1.0","id":"0f0e3a9c-2b1d-4c5e-8f70-9a1b2c3d4e5f","source":"'
        f'{ENDPOINT}/deployments/{deployment}","type":"azureml.inference.model_outputs",'
        f'"datacontenttype":"application/json","time":"{at:%Y-%m-%dT%H:%M:%SZ}","data":'
        f'[{{"score":{score:.3f},"label":"{label}"}}],"contentrange":"bytes 0-35/36",'
        f'"correlationid":"8c1d3a9c-{number:012}","xrequestid":"8c1d3a9c-{number:012}",'
        '"modelversion":"default","collectdatatype":"pandas.core.frame.DataFrame",'
        '"agent":"azureml-ai-monitoring/1.0.0"}\n'
    ).encode()


def _most_mib() -> float:
    """The most memory that the process ever had."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux says it in KiB, macOS in bytes.
    return most / (MIB if sys.platform == "darwin" else 1024)
