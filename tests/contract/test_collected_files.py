"""What may lie in a container of collected data, in Azurite, and what the adapter makes of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import ContainerClient

from localazure.azurite import Azurite
from rollout.adapters.azure_ml.data_collectors import Rolling
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Allowance, Bounds
from rollout.adapters.predictions.azure_blobs import AzureFiles, azure_files
from rollout.adapters.predictions.cursor import Position, packed, unpacked
from rollout.adapters.predictions.reading import Progress, Source, read_on
from rollout.adapters.predictions.records import Records
from rollout.adapters.predictions.tallies import Tally
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live
from rollout.errors import PredictionsUnavailableError
from tests.support.collected_files import lines, record
from tests.support.contract.collected import SINCE

MINUTE = timedelta(minutes=1)
FOLDER = "modelDataCollector/fraud endpoint/grün-7/response"
FILE = f"{FOLDER}/{SINCE:%Y/%m/%d/%H}/0f0e.jsonl"
LIVE = Live(collection="response", expect=Expectation(absent=("error",)))
ROW = {"score": 0.25}


@dataclass
class Look:
    """Looks at one side's files in a container, each of which goes on from the one before."""

    container: ContainerClient
    collection: str = "model_outputs"
    tally: Tally = field(default_factory=lambda: Tally(LIVE, (), SINCE))
    progress: Progress = field(default_factory=lambda: Progress(Position()))

    def append(self, content: bytes, name: str = FILE) -> None:
        with self.container.get_blob_client(name) as blob:
            if not blob.exists():
                blob.create_append_blob()
            if content:
                blob.append_block(content)

    def at(self, after: timedelta = MINUTE, bounds: Bounds | None = None) -> int:
        """Return how many answers a look counts."""
        before = self.answers
        files = AzureFiles(self.container, Deadline(30))
        source = Source(files, FOLDER, Rolling.HOUR, Records("grün-7", self.collection))
        position = unpacked(json.loads(json.dumps(packed(self.progress.position))))
        allowance = Allowance(bounds or Bounds())
        self.progress = read_on(source, position, self.tally, SINCE + after, allowance)
        return self.answers - before

    @property
    def answers(self) -> int:
        return sum(each.answers for each in self.tally.minutes.values())

    @property
    def failed(self) -> int:
        return sum(each.failed for each in self.tally.minutes.values())


@pytest.fixture
def look(azurite: Azurite) -> Iterator[Look]:
    name = f"collected-{uuid4().hex}"
    with ContainerClient.from_connection_string(
        azurite.account.connection_string, name
    ) as container:
        container.create_container()
        yield Look(container)


def one(data: Any, **more: Any) -> bytes:
    return record(data, SINCE, **{"deployment": "grün-7", **more})


def raw(text: bytes) -> bytes:
    """A record whose row has this text for a score."""
    return one([{"score": 0}]).replace(b'"score": 0', b'"score": ' + text)


def payload(look: Look, content: bytes) -> bytes:
    """A record whose payload is a file of its own."""
    with look.container.get_blob_client(f"{FOLDER}/raw/{uuid4()}") as blob:
        blob.upload_blob(content)
        return one(blob.url, datainblob="true")


GOOD = one([ROW])


@pytest.mark.parametrize(
    ("content", "answers", "failed", "unread"),
    [
        pytest.param(GOOD * 3, 3, 0, 0, id="lines"),
        pytest.param((GOOD * 3).replace(b"\n", b"\r\n"), 3, 0, 0, id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + GOOD + GOOD, 2, 0, 0, id="BOM"),
        pytest.param(b"\n\n \r\n" + GOOD + b"\n", 1, 0, 0, id="empty lines"),
        pytest.param(one([ROW, ROW, {"error": "no"}]), 3, 1, 0, id="merged requests"),
        pytest.param(one([]), 0, 0, 0, id="no rows"),
        pytest.param(one(ROW, type="azureml.inference.inputs"), 1, 0, 0, id="old type"),
        pytest.param(one([ROW], contentrange="bytes 0-24/*"), 1, 0, 0, id="unknown total"),
        pytest.param(one([ROW], contentrange="bytes 0-24/99") + GOOD, 1, 0, 1, id="a part"),
        pytest.param(raw(b'"\xff\xfe"') + GOOD, 1, 0, 1, id="no UTF-8"),
        pytest.param(raw(b"NaN") + GOOD, 2, 0, 0, id="NaN"),
        pytest.param(raw(b"1e999") + GOOD, 2, 0, 0, id="infinity"),
        pytest.param(raw(b"9" * 5000) + GOOD, 1, 0, 1, id="5,000 digits"),
        pytest.param(raw(b"[" * 1000 + b"]" * 1000) + GOOD, 2, 0, 0, id="1,000 deep"),
        pytest.param(raw(b"[" * 200_000 + b"]" * 200_000) + GOOD, 1, 0, 1, id="too deep"),
        pytest.param(raw(b'1, "score": 2, "error": 0, "error": 1'), 1, 1, 0, id="keys repeated"),
        pytest.param(one("X").replace(b'"X"', b"null"), 1, 1, 0, id="null"),
        pytest.param(one([1, 2, 3]) + one(7), 4, 4, 0, id="scalars"),
        pytest.param(one([ROW], time="2026-11-27T10:31:00.1234567Z"), 1, 0, 0, id="fractions"),
        pytest.param(one([ROW], time="2026-11-27T10:31:00"), 1, 0, 0, id="no zone"),
        pytest.param(one([ROW], time="2026-11-27T12:31:00+02:00"), 1, 0, 0, id="another zone"),
        pytest.param(one([ROW], time="soon") + one([ROW], time=7), 0, 0, 2, id="no time"),
        pytest.param(one([ROW], deployment="blau-6") + GOOD, 1, 0, 0, id="another's"),
        pytest.param(one(["x" * 8_000_000]) + GOOD, 1, 0, 1, id="8 MB"),
        pytest.param(one([{"text": "x" * 4_900_000}]) + GOOD, 2, 0, 0, id="4.9 MB"),
        pytest.param(GOOD[:-1], 1, 0, 0, id="no end"),
        pytest.param(GOOD + GOOD[:40], 1, 0, 0, id="half a line"),
        pytest.param(b"", 0, 0, 0, id="an empty file"),
    ],
)
def test_each_line_counts_for_what_it_is(
    look: Look, content: bytes, answers: int, failed: int, unread: int
) -> None:
    with look.container.get_blob_client(FILE) as blob:
        # Not every writer appends.
        blob.upload_blob(content)

    assert (look.at(), look.failed, look.progress.unread) == (answers, failed, unread)
    assert look.at() == 0


@pytest.mark.parametrize(
    ("content", "collection", "answers", "failed"),
    [
        (json.dumps([ROW, {"error": "no"}]).encode(), "model_outputs", 2, 1),
        (json.dumps([ROW, {"error": "no"}]).encode(), "response", 1, 1),
        (b'{"score": 1}', "response", 1, 0),
        (b"plain text", "response", 1, 1),
        (b"\x89PNG\xff", "response", 0, 0),
        (b"", "response", 0, 0),
    ],
)
def test_a_payload_may_be_a_file_of_its_own(
    look: Look, content: bytes, collection: str, answers: int, failed: int
) -> None:
    look.collection = collection
    look.append(payload(look, content) + one(ROW))

    assert (look.at(), look.failed) == (answers + 1, failed)


@pytest.mark.parametrize("ending", ["missing", "a" * 2000, "%00", "a//b", "%e2%98%83"])
def test_a_payload_that_is_not_there_keeps_nothing_from_being_read(look: Look, ending: str) -> None:
    look.append(one(f"{look.container.url}/{ending}", datainblob=True) + GOOD)

    assert (look.at(), look.progress.unread) == (1, 1)


def test_a_blob_that_grows_is_read_on_whatever_part_of_a_line_there_is(look: Look) -> None:
    whole, at, found = GOOD * 20, 0, 0
    for size in (1, 300, 301, 1500, 2, 2000, 9, len(whole)):
        look.append(whole[at : at + size])
        at += size
        found += look.at()

    assert (found, look.progress.unread) == (20, 0)


def test_several_instances_grow_at_once_and_looks_end_anywhere(look: Look) -> None:
    written = found = 0
    for turn in range(8):
        for instance in "abc":
            name = FILE.replace("0f0e", instance)
            look.append(lines([ROW] * 7, SINCE, deployment="grün-7"), name)
            written += 7
        found += look.at(turn * MINUTE, Bounds(lines=5 + turn))
    while look.progress.more:
        found += look.at(9 * MINUTE, Bounds(lines=11))

    assert found == written


def test_the_hour_and_the_day_go_by(look: Look) -> None:
    found = []
    for after in (timedelta(0), timedelta(hours=1), timedelta(hours=14)):
        at = SINCE + after
        name = f"{FOLDER}/{at:%Y/%m/%d/%H}/a.jsonl"
        look.append(lines([ROW] * 2, at, deployment="grün-7"), name)
        found.append(look.at(after + MINUTE))
    look.append(GOOD, f"{FOLDER}/{SINCE + timedelta(hours=13):%Y/%m/%d/%H}/late.jsonl")

    assert (found, look.at(timedelta(hours=14))) == ([2, 2, 2], 1)


def test_a_folder_that_is_not_there_is_empty(look: Look) -> None:
    assert (look.at(), look.progress.more) == (0, False)


def test_a_container_that_is_not_there_is_told(look: Look) -> None:
    look.container.delete_container()

    with pytest.raises(PredictionsUnavailableError, match="there is no container collected-"):
        look.at()


def test_who_may_not_read_is_told_which_right_is_missing(look: Look, azurite: Azurite) -> None:
    wrong: Any = AzureNamedKeyCredential(str(look.container.account_name), "d3Jvbmcga2V5")
    name = str(look.container.container_name)
    with (
        azure_files(wrong, azurite.account.blob_url, name, Deadline(30)) as files,
        pytest.raises(PredictionsUnavailableError, match="Storage Blob Data Reader"),
    ):
        list(files.listed(FOLDER))
