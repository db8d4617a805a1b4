"""A local Azure without a running app: storage and Resource Manager for what is measured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.local_cloud import APP_IDENTITY, LocalCloud
from dev.bench.metering import Meter, environment_in_force
from localazure.stack.process import stack_process
from rollout.adapters.credentials import AppCredential
from rollout.adapters.storage.storage_clients import StorageAccount

KINDS = {"tableUrl": "table", "queueUrl": "queue", "blobUrl": "blob", "armUrl": "arm"}

START_SECONDS = 300.0
"""Only for what hangs: a loaded machine is no failure."""


class CloudWithoutApp(LocalCloud):
    """The local Azure alone."""

    def start_app(self, port: int = 0) -> None:
        """No app: what is measured runs in this process, or in its child."""


@dataclass(frozen=True)
class LocalPlace:
    """Where everything answers, and the app's settings for it, which are in force."""

    azure: Mapping[str, Any]
    environment: Mapping[str, str]

    def account(self) -> StorageAccount:
        """Return the storage, by the app's identity."""
        urls = {"table_url": self.azure["tableUrl"], "queue_url": self.azure["queueUrl"]}
        return StorageAccount(**urls, credential=AppCredential())

    def meter(self) -> Meter:
        """Return a count of the requests to it."""
        return Meter({str(self.azure[name]): kind for name, kind in KINDS.items()})


@contextmanager
def local_place(work: Path, bundle: str | Path) -> Iterator[LocalPlace]:
    """Start it with its files in `work`; the app's services are in `bundle`."""
    options = ["--runtime", "instant", "--environments", str(work / "environments")]
    running = stack_process(work / "azure", options)
    azure = running.start(START_SECONDS)
    try:
        environment = {
            **azure["environments"][APP_IDENTITY],
            "AzureWebJobsStorage": "",
            "AzureWebJobsStorage__tableServiceUri": azure["tableUrl"],
            "AzureWebJobsStorage__queueServiceUri": azure["queueUrl"],
            "ARM_ENDPOINT": azure["armUrl"],
            "SERVICES_BUNDLE": str(bundle),
        }
        with environment_in_force(environment):
            yield LocalPlace(azure, environment)
    finally:
        running.stop()
