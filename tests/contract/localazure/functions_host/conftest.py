import contextlib
from collections.abc import Iterator

import pytest

from localazure import tls
from localazure.azurite import Azurite
from localazure.functions_host.process import functions_host_process
from tests.support.contract.sample_host import SAMPLE_APP, SampleHost, StartHost, Storage


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    files = tls.issue(tmp_path_factory.mktemp("tls"))
    with Azurite(files) as azurite:
        yield Storage(azurite, files)


@pytest.fixture(scope="session")
def start_host(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartHost]:
    def start(queue_name: str, **settings: str) -> SampleHost:
        folder = tmp_path_factory.mktemp("host")
        notes = folder / "notes.jsonl"
        merged = {
            "SAMPLE_NOTES": str(notes),
            "SAMPLE_QUEUE": queue_name,
            "SAMPLE_SCHEDULE": "0 0 0 1 1 *",
            "SAMPLE_STORAGE": storage.connection_string,
            "SAMPLE_SLOW_SECONDS": "0",
            **storage.files.client_environment(),
            **settings,
        }
        process = functions_host_process(SAMPLE_APP, merged, folder / "state")
        running.callback(process.stop)
        process.start()
        return SampleHost(process, notes)

    with contextlib.ExitStack() as running:
        yield start


@pytest.fixture(scope="session")
def host(start_host: StartHost) -> SampleHost:
    return start_host("shared-work")
