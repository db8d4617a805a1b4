"""What the local Azure's collector writes, the adapter reads: in Azurite, answer by answer."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from localazure.azurite import Azurite
from localazure.collector.payload_log import Exchange, PayloadLog
from localazure.collector.records import MAX_INLINE_BYTES, collected
from localazure.collector.rows import CollectedRows, CollectorDials
from localazure.collector.writer import BlobFiles, Writer
from localazure.runtime import CollectionSpec, CollectorSpec, RollingRate
from rollout.adapters.azure_ml.data_collectors import Rolling
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Allowance, Bounds
from rollout.adapters.predictions.azure_blobs import AzureFiles
from rollout.adapters.predictions.cursor import Position
from rollout.adapters.predictions.reading import Source, read_on
from rollout.adapters.predictions.records import Records
from rollout.adapters.predictions.tallies import Tally
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live
from tests.support.collected_files import source
from tests.support.contract.collected import SINCE

EXPECT = Expectation(absent=("error",))
SAMPLED = 0.3


class Side:
    """One deployment that collects in a container of its own, and whoever reads it."""

    def __init__(self, storage: BlobServiceClient, rolling: RollingRate, rate: float) -> None:
        self.now = SINCE
        self.rolling = Rolling[rolling.name]
        self.rows = CollectedRows(random.Random(1), lambda: self.now)  # noqa: S311 - a fair coin
        self.container: ContainerClient = storage.create_container(f"rows-{uuid4().hex}")
        names = ("request", "response", "model_outputs")
        self.spec = CollectorSpec(
            source("fraud-endpoint", "green-7"),
            rolling,
            {
                name: CollectionSpec(rate, str(self.container.container_name), f"own/{name}")
                for name in names
            },
        )
        self._payloads = PayloadLog(self.rows)
        self._writer = Writer(self.rows, BlobFiles(storage))

    def answered(self, body: bytes, kind: str = "application/json") -> None:
        """The router logs an exchange."""
        exchange = Exchange("446e", "/score", b"{}", "application/json", body, kind)
        self._payloads.log(self.spec, exchange)

    def posted(self, *rows: Any) -> None:
        """The script's package posts rows."""
        headers = {
            "ce-type": "azureml.inference.model_outputs",
            "ce-time": str(int(self.now.timestamp())),
            "ce-x-request-id": str(uuid4()),
        }
        record = collected(self.spec.source, headers, json.dumps(rows).encode(), self.now)
        self.rows.add(self.spec, record)

    def read(self, collection: str) -> tuple[int, int]:
        """What is written by now: how many answers, and how many are bad."""
        self._writer.write()
        tally = Tally(Live(collection=collection, expect=EXPECT), (), SINCE)
        files = AzureFiles(self.container, Deadline(30))
        records = Records("green-7", collection, "fraud-endpoint")
        one = Source(files, f"own/{collection}", self.rolling, records)
        read_on(one, Position(), tally, self.now, Allowance(Bounds()))
        counts = tally.minutes.values()
        return sum(each.answers for each in counts), sum(each.failed for each in counts)


@pytest.fixture
def storage(azurite: Azurite) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite.account.connection_string) as found:
        yield found


@pytest.mark.parametrize("rolling", list(RollingRate))
def test_rows_and_answers_are_read_in_whatever_folders_they_are(
    storage: BlobServiceClient, rolling: RollingRate
) -> None:
    side = Side(storage, rolling, 1.0)
    for turn in range(6):
        side.now = SINCE + turn * timedelta(minutes=25)
        side.posted({"score": 0.5}, {"score": None})
        side.answered(b'{"error": "no"}' if turn % 2 else b'{"score": 0.5}')

    assert side.read("model_outputs") == (12, 0)
    assert side.read("response") == (6, 3)


@pytest.mark.parametrize(
    ("body", "kind", "answers", "bad"),
    [
        (b'{"score": NaN}', "application/json", 1, 0),
        (b'{"error": "' + b"x" * MAX_INLINE_BYTES + b'"}', "application/json", 1, 1),
        (b"sorry", "text/plain", 1, 1),
        (b"", "text/plain", 1, 1),
        (b"", "application/octet-stream", 0, 0),
        (b"\x89PNG\xff", "image/png", 0, 0),
    ],
)
def test_answers_of_any_kind_keep_no_other_from_being_read(
    storage: BlobServiceClient, body: bytes, kind: str, answers: int, bad: int
) -> None:
    side = Side(storage, RollingRate.HOUR, 1.0)
    side.answered(body, kind)
    side.answered(b'{"score": 1}')

    assert side.read("response") == (answers + 1, bad)


def test_rows_too_large_for_a_line_are_counted_one_by_one(storage: BlobServiceClient) -> None:
    side = Side(storage, RollingRate.HOUR, 1.0)
    side.posted({"text": "x" * MAX_INLINE_BYTES}, {"error": "no"}, {"score": 1})

    assert side.read("model_outputs") == (3, 1)


def test_merged_and_late_rows_are_all_counted(storage: BlobServiceClient) -> None:
    side = Side(storage, RollingRate.HOUR, 1.0)
    side.rows.dials = CollectorDials(timedelta(minutes=5), timedelta(seconds=30))
    for _ in range(20):
        side.posted({"score": 0.5})
        side.now += timedelta(seconds=3)
    assert side.read("model_outputs") == (0, 0)

    side.now += timedelta(minutes=6)
    assert side.read("model_outputs") == (20, 0)


def test_lost_and_unsampled_answers_are_a_share_of_all(storage: BlobServiceClient) -> None:
    side = Side(storage, RollingRate.HOUR, SAMPLED)
    side.rows.dials = CollectorDials(loss=0.5)
    for number in range(1000):
        side.answered(b'{"error": "no"}' if number % 2 else b"{}")
    answers, bad = side.read("response")

    assert answers == pytest.approx(1000 * SAMPLED / 2, rel=0.3)
    assert bad == pytest.approx(answers / 2, rel=0.3)
