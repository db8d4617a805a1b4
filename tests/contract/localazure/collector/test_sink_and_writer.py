"""A deployment's sink over a socket, and the rows that end in Azurite."""

import asyncio
import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient

from localazure.arm.azurite_blobs import AzuriteBlobStore
from localazure.azurite import ACCOUNT_KEY, ACCOUNT_NAME
from localazure.collector.records import MAX_INLINE_BYTES
from localazure.collector.rows import CollectedRows
from localazure.collector.sink import MAX_BODY_BYTES, Sink
from localazure.collector.writer import BlobFiles, Writer
from localazure.runtime import CollectionSpec, CollectorSpec, RollingRate
from localazure.tls import TlsFiles

NOW = datetime(2026, 11, 26, 18, 16, 25, tzinfo=UTC)
HEADERS = {
    "Content-Type": "application/json",
    "ce-time": str(int(NOW.timestamp())),
    "ce-type": "azureml.inference.model_outputs",
    "ce-x-request-id": "8c1d",
}


@pytest.fixture(scope="module")
def service(blobs: AzuriteBlobStore, tls: TlsFiles) -> Iterator[BlobServiceClient]:
    url = f"https://{blobs.account_name.rstrip('#')}"
    key = {"account_name": ACCOUNT_NAME, "account_key": ACCOUNT_KEY}
    with BlobServiceClient(url, credential=key, connection_verify=str(tls.authority)) as client:
        yield client


@pytest.fixture
def container(service: BlobServiceClient) -> Iterator[ContainerClient]:
    with service.create_container("rows") as client:
        yield client
        client.delete_container()


class Collecting:
    def __init__(self, service: BlobServiceClient) -> None:
        self.rows = CollectedRows(random.Random(1))  # noqa: S311 - a fair coin
        self.spec = CollectorSpec(
            "green",
            RollingRate.HOUR,
            {"model_outputs": CollectionSpec(0.25, "rows", "modelDataCollector/e/green/outputs")},
        )
        self.sink = Sink(self.spec, self.rows)
        self.writer = Writer(self.rows, BlobFiles(service))

    async def post(
        self, url: str, body: bytes, path: str = "/modeldata/log", **changes: str
    ) -> int:
        headers = {**HEADERS, **{name.replace("_", "-"): each for name, each in changes.items()}}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}{path}", data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer.status


@pytest.fixture
def collecting(service: BlobServiceClient) -> Iterator[Collecting]:
    one = Collecting(service)
    yield one
    one.sink.close()


def url_of(collecting: Collecting, folder: Path) -> str:
    said = collecting.sink.environment(folder)
    return f"http://{said['AZUREML_MDC_HOST']}:{said['AZUREML_MDC_PORT']}"


def lines(container: ContainerClient) -> dict[str, list[dict[str, Any]]]:
    return {
        str(name): [
            json.loads(line) for line in container.download_blob(name).readall().splitlines()
        ]
        for name in container.list_blob_names()
        if str(name).endswith(".jsonl")
    }


def test_the_packages_configuration_names_what_is_on_and_its_rate(
    collecting: Collecting, tmp_path: Path
) -> None:
    variables = collecting.sink.environment(tmp_path)
    assert json.loads(Path(variables["AZUREML_MDC_CONFIG_PATH"]).read_text()) == {
        "runMode": "cloud",
        "collections": {"model_outputs": {"enabled": True, "sampleRatePercentage": 25.0}},
    }


async def send(collecting: Collecting, folder: Path, *bodies: bytes, **changes: str) -> list[int]:
    url = url_of(collecting, folder)
    return [await collecting.post(url, body, **changes) for body in bodies]


def test_posted_rows_end_in_append_blobs_under_the_documented_path(
    collecting: Collecting, container: ContainerClient, tmp_path: Path
) -> None:
    bodies = [json.dumps([{"a": number}]).encode() for number in range(6)]
    assert asyncio.run(send(collecting, tmp_path, *bodies[:4])) == [200] * 4
    collecting.writer.write()
    asyncio.run(send(collecting, tmp_path, *bodies[4:]))
    collecting.writer.write()
    found = lines(container)
    assert len(found) == 2
    assert {name.rpartition("/")[0] for name in found} == {
        "modelDataCollector/e/green/outputs/2026/11/26/18"
    }
    seen = sorted(line["data"][0]["a"] for each in found.values() for line in each)
    assert seen == list(range(6))
    for name in found:
        kind = container.get_blob_client(name).get_blob_properties().blob_type
        assert str(kind) in ("AppendBlob", "BlobType.APPENDBLOB")


def test_what_is_too_large_for_a_line_is_a_file_beside_it(
    collecting: Collecting, container: ContainerClient, tmp_path: Path
) -> None:
    large = json.dumps([{"a": "x" * MAX_INLINE_BYTES}], separators=(",", ":")).encode()
    assert asyncio.run(send(collecting, tmp_path, large)) == [200]
    collecting.writer.write()
    ((name, (line,)),) = lines(container).items()
    assert line["datainblob"] == "true"
    path = urlsplit(line["data"]).path
    blob = path.partition("/rows/")[2]
    assert blob == f"{name.rpartition('/')[0]}/{line['id']}"
    assert container.download_blob(blob).readall() == large


def test_many_rows_are_appended_in_blocks_that_storage_takes(
    collecting: Collecting, container: ContainerClient, tmp_path: Path
) -> None:
    half = json.dumps([{"a": "x" * (MAX_INLINE_BYTES // 2)}]).encode()
    asyncio.run(send(collecting, tmp_path, *[half] * 6))
    collecting.writer.write()
    assert [len(each) for each in lines(container).values()] == [3, 3]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"path": "/modeldata/input"}, 404),
        ({"ce_type": "outputs"}, 400),
        ({"Content_Length": str(MAX_BODY_BYTES + 1)}, 413),
    ],
)
def test_what_is_no_post_of_the_package_is_refused(
    collecting: Collecting, tmp_path: Path, changes: dict[str, str], status: int
) -> None:
    assert asyncio.run(send(collecting, tmp_path, b"[]", **changes)) == [status]
    assert collecting.rows.take() == []


def test_a_collection_that_is_off_is_taken_and_dropped(
    collecting: Collecting, tmp_path: Path
) -> None:
    changes = {"ce_type": "azureml.inference.other"}
    assert asyncio.run(send(collecting, tmp_path, b"[]", **changes)) == [200]
    assert collecting.rows.take() == []


def test_rows_that_cannot_be_written_are_lost_and_the_next_are_not(
    collecting: Collecting, service: BlobServiceClient, tmp_path: Path
) -> None:
    asyncio.run(send(collecting, tmp_path, b"[]"))
    collecting.writer.write()
    with pytest.raises(HttpResponseError):
        list(service.get_container_client("rows").list_blob_names())
    with service.create_container("rows") as container:
        asyncio.run(send(collecting, tmp_path, b"[]"))
        collecting.writer.write()
        assert sum(len(each) for each in lines(container).values()) == 1
        container.delete_container()
