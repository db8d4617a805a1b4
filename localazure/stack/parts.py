"""The services of a local Azure, built and wired together, before any of them is served."""

import random
import secrets
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from azure.storage.blob import BlobServiceClient

from localazure.arm.arm import Arm
from localazure.arm.azurite_blobs import AzuriteBlobStore
from localazure.azurite import ACCOUNT_KEY, ACCOUNT_NAME, StorageAccount
from localazure.collector.payload_log import PayloadLog
from localazure.collector.rows import CollectedRows
from localazure.collector.writer import BlobFiles, Writer
from localazure.event_grid.delivery import EventDelivery
from localazure.event_grid.destinations import Destinations
from localazure.event_grid.topic import CustomTopics, Topic
from localazure.identity import SCORING_AUDIENCE, InvalidTokenError, TokenAuthority
from localazure.logs.query_api import QueryApi
from localazure.logs.traffic_log import TrafficLog
from localazure.monitor.action_groups import ActionGroups, RetrySchedule
from localazure.monitor.alert_rules import AlertEngine
from localazure.monitor.annotations import Annotations
from localazure.monitor.recorder import Recorder
from localazure.receivers.application import Receivers
from localazure.scoring.assets import BlobAssets
from localazure.scoring.data_plane import DataPlane
from localazure.scoring.environments import Environments
from localazure.scoring.process_runtime import ProcessRuntime
from localazure.scoring.routing import TokenCheck
from localazure.stack.endpoint_views import WorldEndpoints
from localazure.stack.instant_models import InstantModels
from localazure.stack.monitor_routes import mount_annotations, mount_metrics, mount_resources
from localazure.stack.options import RuntimeKind, StackOptions
from localazure.stack.subscriptions import publish_registrations
from localazure.tls import TlsFiles
from localazure.world import SCORE, Access, Datastore, World
from localazure.world.datastores import DEFAULT_DATASTORE
from localazure.world.names import WorkspaceId

CONTAINER = "azureml-blobstore-0c0ffee0-0000-4000-8000-000000000000"
"""The blob container behind the workspace's datastore: on Azure, its name ends in the workspace's
own id, so nobody may take the datastore's name for it."""

AnyRuntime = ProcessRuntime | InstantModels


@dataclass(frozen=True)
class Parts:
    """One of each service; `data_plane` and `arm` share one world."""

    arm: Arm
    runtime: AnyRuntime
    rows: CollectedRows
    recorder: Recorder
    traffic_log: TrafficLog
    logs: QueryApi
    data_plane: DataPlane
    alerts: AlertEngine
    groups: ActionGroups
    annotations: Annotations
    delivery: EventDelivery
    destinations: Destinations
    topics: CustomTopics
    receivers: Receivers
    identity: TokenAuthority

    @property
    def world(self) -> World:
        return self.arm.world


def make_rows(options: StackOptions) -> CollectedRows:
    """Return what data collectors write, before it is written."""
    return CollectedRows(_chance(options))


def make_writer(rows: CollectedRows, storage: StorageAccount, files: TlsFiles) -> Writer:
    """Return what brings `rows` to blob storage; it must be started and stopped."""
    return Writer(rows, BlobFiles(_blob_service(storage, files)))


def make_runtime(
    options: StackOptions, storage: StorageAccount, files: TlsFiles, rows: CollectedRows
) -> AnyRuntime:
    """Return the runtime the options ask for; a `ProcessRuntime` must be closed."""
    if options.runtime is RuntimeKind.INSTANT:
        return InstantModels(_chance(options))
    return ProcessRuntime(
        options.work / "containers",
        Environments(options.environments),
        BlobAssets(_blob_service(storage, files), {DEFAULT_DATASTORE: CONTAINER}),
        rows=rows,
    )


def make_parts(
    options: StackOptions,
    storage: StorageAccount,
    authority: Path,
    runtime: AnyRuntime,
    session: aiohttp.ClientSession,
    *,
    rows: CollectedRows,
) -> Parts:
    """Build and wire the services.

    `session` carries events and alerts to their receivers; `rows` is what the runtime collects.
    """
    world = World(runtime=runtime, dials=options.dials, workspace=options.workspace)
    blobs = AzuriteBlobStore(storage.blob_url, ACCOUNT_NAME, ACCOUNT_KEY, authority)
    blobs.ensure_container(CONTAINER)
    store = Datastore(DEFAULT_DATASTORE, blobs.account_name, CONTAINER)
    world.datastores[DEFAULT_DATASTORE] = store
    identity = TokenAuthority()
    recorder = Recorder(ingestion_delay=options.ingestion_delay)
    delivery = EventDelivery()
    traffic_log = TrafficLog(recorder, world.workspace, options.log_delay)
    arm = Arm(world, blobs=blobs, identity=identity, poll_delay=options.poll_delay)
    parts = Parts(
        arm=arm,
        runtime=runtime,
        rows=rows,
        recorder=recorder,
        traffic_log=traffic_log,
        logs=QueryApi(traffic_log, identity, arm.faults, arm.access),
        data_plane=DataPlane(
            WorldEndpoints(world),
            runtime,
            recorder,
            _chance(options),
            check=_score_check(identity, arm.access, world.workspace),
            payloads=PayloadLog(rows),
        ),
        alerts=AlertEngine(recorder, options.alert_every),
        groups=ActionGroups(session, RetrySchedule().scaled(options.retry_scale)),
        annotations=Annotations(),
        delivery=delivery,
        destinations=Destinations(session, storage.queue_url, identity, authority),
        topics=CustomTopics(
            Topic(options.topic, secrets.token_urlsafe(32)), deliver=delivery.publish
        ),
        receivers=Receivers(),
        identity=identity,
    )
    mount_metrics(parts.arm, recorder)
    mount_annotations(parts.arm, parts.annotations)
    mount_resources(parts.arm, "metricAlerts", parts.alerts)
    mount_resources(parts.arm, "actionGroups", parts.groups)
    publish_registrations(world, parts.delivery, options.casing)
    return parts


def _score_check(identity: TokenAuthority, access: Access, workspace: WorkspaceId) -> TokenCheck:
    def may_score(token: str, endpoint: str) -> bool:
        try:
            claims = identity.read(token, {SCORING_AUDIENCE})
        except InvalidTokenError:
            return False
        return access.allows(claims.principal, SCORE, workspace.endpoint(endpoint))

    return may_score


def _blob_service(storage: StorageAccount, files: TlsFiles) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(
        storage.connection_string, connection_verify=str(files.authority)
    )


def _chance(options: StackOptions) -> random.Random:
    return random.Random(options.seed)  # noqa: S311 - a fair coin for traffic, no secret
