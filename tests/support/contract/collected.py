"""The `Predictions` port under contract: what was collected, and a look at it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient, ContainerClient

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Bounds
from rollout.adapters.predictions.azure_blobs import AzureFiles
from rollout.adapters.predictions.collected import CollectedPredictions
from rollout.adapters.predictions.places import Places
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live, Output
from rollout.core.records.observation import DeploymentSeen, ProvisioningState
from rollout.core.records.predictions import PredictionsSeen
from rollout.ports import Predictions, PredictionsQuestion
from tests.doubles.world_predictions import WorldPredictions
from tests.support.collected_files import lines
from tests.support.contract.ports import SECONDS, Ports

SINCE = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
GREEN, BLUE = "green-7", "blue-6"
LIVE = Live(outputs=(Output("score"),), expect=Expectation(absent=("error",)))


@dataclass
class Collected:
    """One endpoint's collectors, and looks at them, each of which goes on from the one before."""

    ports: Ports
    predictions: Predictions
    write: Callable[[str, str, datetime, tuple[Any, ...]], None]
    set_most: Callable[[int], None]
    sampling: dict[str, float] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    cursor: Mapping[str, Any] = field(default_factory=dict)
    bins: tuple[Any, ...] = ()

    def collect(self, deployment: str, at: datetime, *answers: Any) -> None:
        self.write(self.ports.name, deployment, at, answers)

    def look(self, after: timedelta) -> PredictionsSeen:
        """Look so long after the beginning."""
        question = PredictionsQuestion(
            self._deployment(GREEN),
            self._deployment(BLUE),
            LIVE,
            SINCE,
            SINCE + after,
            self.bins,
            self.cursor,
        )
        seen = self.predictions.read(self.ports.endpoint, question, timeout=SECONDS)
        # As the row keeps it.
        self.cursor, self.bins = json.loads(json.dumps(dict(seen.cursor))), seen.bins
        return seen

    def _deployment(self, name: str) -> DeploymentSeen:
        one = {
            "dataCollectionMode": "Disabled" if name in self.off else "Enabled",
            "samplingRate": self.sampling.get(name, 1.0),
        }
        body = {"properties": {"dataCollector": {"collections": {LIVE.collection: one}}}}
        return DeploymentSeen(name, ProvisioningState.SUCCEEDED, body=body)


def in_memory(ports: Ports, double: WorldPredictions) -> Collected:
    def write(endpoint: str, deployment: str, at: datetime, answers: tuple[Any, ...]) -> None:
        double.collect(endpoint, deployment, at, *answers)

    def set_most(lines: int) -> None:
        double.most = lines

    found = Collected(ports, double, write, set_most, double.sampling, double.off)
    return replace(found, sampling=double.sampling, off=double.off)


def in_blobs(ports: Ports, arm: Arm, blob_url: str, connection_string: str) -> Collected:
    """On append blobs, as the platform writes them."""

    @contextmanager
    def opened(_account: str, container: str, deadline: Deadline) -> Iterator[AzureFiles]:
        with ContainerClient.from_connection_string(connection_string, container) as client:
            yield AzureFiles(client, deadline)

    container = ports.world.datastores[LIVE.datastore].container_name

    def write(endpoint: str, deployment: str, at: datetime, answers: tuple[Any, ...]) -> None:
        folder = f"modelDataCollector/{endpoint}/{deployment}/{LIVE.collection}"
        with (
            BlobServiceClient.from_connection_string(connection_string) as service,
            service.get_blob_client(container, f"{folder}/{at:%Y/%m/%d/%H}/one.jsonl") as blob,
        ):
            with suppress(ResourceExistsError):
                blob.create_append_blob(match_condition=None, if_none_match="*")
            blob.append_block(lines(answers, at, deployment=deployment, endpoint=endpoint))

    places = Places(arm, lambda _account, _suffix: blob_url)
    found = Collected(ports, CollectedPredictions(places, opened), write, lambda _most: None)

    def set_most(most: int) -> None:
        # A look reads whole ranges: few bytes make it stop after few lines.
        found.predictions = CollectedPredictions(places, opened, Bounds(bytes=700 * most))

    found.set_most = set_most
    return found
