"""The composition root: settings -> the service, every part replaceable by argument.

Parts are imported and made when first used: the app must be indexed quickly, and most invocations
need few of them. A tick asks tables and the queue only, an alert asks tables and ARM.
"""

# ruff: noqa: PLC0415 - importing where it is used is the point of this module

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rollout.adapters.app_log import AppLog
from rollout.adapters.credentials import AppCredential
from rollout.adapters.spans import Spans
from rollout.adapters.zones import zone_named
from rollout.addresses import workspace_id
from rollout.errors import InvalidSettingsError
from rollout.lazy import lazy
from rollout.settings import Settings, StorageSettings, read_settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from rollout import ports
    from rollout.adapters.azure_ml.arm import Arm
    from rollout.adapters.azure_ml.request_limits import RequestLimits
    from rollout.adapters.bundle.service_bundle import ServiceBundle
    from rollout.adapters.storage.storage_clients import StorageAccount
    from rollout.core.records.history import HistoryEntry
    from rollout.inbound.announced import AnnouncedEvents
    from rollout.inbound.model_events import ModelEvents
    from rollout.message_settings import ChannelSettings, MessageSettings
    from rollout.service import Dependencies, Limits, RolloutService
    from rollout.service.notifying import Sending

APP_FOLDER = Path(__file__).resolve().parent.parent
"""Where `function_app.py` is: relative folders in settings start here."""

ID_BYTES = 4
READS_AT_ONCE = 8
"""How many rows or endpoints a round over all of them reads at the same time: it waits for most of
it, and its calls must leave room for those of passes."""

_LOOPBACK = ("://127.0.0.1", "://localhost", "://[::1]")


@dataclass(frozen=True)
class RunningApp:
    """What the triggers use."""

    settings: Settings
    service: "RolloutService"
    model_events: "ModelEvents"
    announced_events: "AnnouncedEvents"
    log: "ports.Log"
    spans: Spans


class RandomIds:
    """`rollout.ports.Ids`."""

    def fresh(self) -> str:
        """Return eight random hexadecimal digits."""
        return secrets.token_hex(ID_BYTES)


class Monotonic:
    """`rollout.ports.Stopwatch`."""

    def seconds(self) -> float:
        """Return the system's monotonic seconds."""
        return time.monotonic()

    def wait(self, span: timedelta) -> None:
        """Sleep for the span."""
        time.sleep(span.total_seconds())


class NoTopic:
    """`rollout.ports.Lifecycle` where no topic is set: the history table is the only record."""

    def publish(self, endpoint: str, service: str, entries: Sequence["HistoryEntry"]) -> None:
        """Take the entries and send them nowhere."""


_running: RunningApp | None = None
_starting = Lock()


def running_app() -> RunningApp:
    """Return this process's app, made from the environment on first use.

    Raises:
        InvalidSettingsError: The settings are unusable; the next call reads them again.
    """
    global _running  # noqa: PLW0603 - the triggers are functions: their state lives in the module
    with _starting:
        if _running is None:
            _running = build_app(os.environ)
        return _running


def app_for_queued_events() -> RunningApp:
    """Return `running_app()` for a message of the event queue.

    Raises:
        InvalidSettingsError: As there, and the log asks for an operator: each message that arrives
            meanwhile ends in the poison queue.
    """
    try:
        return running_app()
    except InvalidSettingsError:
        AppLog().attention("Events go to the poison queue: the app's settings are unusable")
        raise


def build_app(environment: Mapping[str, str], parts: "Dependencies | None" = None) -> RunningApp:
    """Build the app for an environment. Makes no request.

    `parts` None: the real ones; to change one, use `dataclasses.replace` on `dependencies(...)`.

    Raises:
        InvalidSettingsError: The settings are unusable.
    """
    from rollout.inbound.announced import AnnouncedEvents
    from rollout.inbound.model_events import ModelEvents
    from rollout.service import RolloutService
    from rollout.service.annotating import Annotator
    from rollout.service.notifying import Notifier

    settings = read_settings(environment)
    parts = parts or dependencies(settings)
    if settings.sign_in_missing:
        parts.log.attention("SIGN_IN_ENABLED is on, but the platform's sign-in is off")
    for fault in settings.messages.faults:
        parts.log.attention(f"Messages do not reach everybody: {fault}")
    service = RolloutService(parts, limits(settings))
    notifier = Notifier(parts.services, parts.deliveries, sending(settings.messages), parts.log)
    queue = lazy(partial(_event_queue, settings))
    events = ModelEvents(settings.workspace, service.registered, queue, parts.log)
    annotator = Annotator(_annotations(settings), parts.log)
    announced = AnnouncedEvents(annotator.before(notifier.notify), parts.log)
    spans = Spans(wanted=settings.traces)
    return RunningApp(settings, service, events, announced, parts.log, spans)


def limits(settings: Settings) -> "Limits":
    """Return the service's bounds under these settings."""
    from rollout.core.records.retention import Retention
    from rollout.service import Limits

    return Limits(
        workspace=workspace_id(settings.workspace),
        suspended=settings.suspended,
        sign_in_missing=settings.sign_in_missing,
        sign_in=settings.sign_in,
        announces=settings.lifecycle is not None,
        channels=tuple(settings.messages.channels),
        message_faults=settings.messages.faults,
        recheck=settings.recheck,
        chain=settings.tick_interval,
        arm_timeout=settings.arm_timeout,
        door_timeout=settings.alert_arm_timeout,
        probe_time=settings.probe_time,
        tick_overdue=_tick_overdue(settings.tick_interval),
        second_clock_after=max(settings.second_clock, 2 * settings.tick_interval),
        second_clock_every=settings.tick_interval * 3 / 4,
        at_once=READS_AT_ONCE,
        retention=Retention(settings.keep_decisions, settings.keep_minutes),
    )


def sending(settings: "MessageSettings") -> "Sending":
    """Return the channels of the settings, made when first used, and the routes to them."""
    from rollout.service.notifying import Sending

    return Sending(
        channels={
            name: lazy(partial(_channel, settings, channel))
            for name, channel in settings.channels.items()
        },
        usual=settings.usual,
        total=settings.total,
        faults=settings.faults,
    )


def _tick_overdue(interval: timedelta) -> timedelta:
    """Two ticks missed, with what an idle app leaves between two marks on top."""
    from rollout.service import Limits

    return max(Limits.tick_overdue, 2 * interval + Limits.mark_tick_every)


def dependencies(settings: Settings) -> "Dependencies":
    """Return one of each port, made when first used."""
    from rollout.service import Dependencies

    credential = AppCredential()
    requests = lazy(partial(_requests, settings))
    arm = lazy(partial(_arm, settings, credential, requests))
    bundle = lazy(partial(_bundle, settings, credential))
    account = partial(_account, settings.storage, credential)
    return Dependencies(
        store=lazy(partial(_store, settings, account)),
        endpoints=lazy(partial(_endpoints, arm)),
        models=lazy(partial(_models, arm)),
        creator=lazy(partial(_creator, credential, bundle)),
        scoring=lazy(partial(_scoring, arm, credential)),
        probing=lazy(partial(_probing, arm, credential)),
        metrics=lazy(partial(_metrics, settings, arm, credential)),
        predictions=lazy(partial(_predictions, settings, arm, credential)),
        services=bundle,
        lifecycle=lazy(partial(_lifecycle, settings, credential)),
        deliveries=lazy(partial(_deliveries, settings, account)),
        queue=lazy(partial(_queue, settings, account)),
        ids=RandomIds(),
        log=AppLog(),
        summarizer=lazy(_summarizer),
        stopwatch=Monotonic(),
        turns=lazy(partial(_turns, requests)),
        zones=zone_named,
    )


def _summarizer() -> "ports.Summarizer":
    from rollout.inbound.summary_views import SummaryViews

    return SummaryViews()


def _account(storage: StorageSettings, credential: "TokenCredential") -> "StorageAccount":
    from rollout.adapters.storage.storage_clients import StorageAccount

    return StorageAccount(
        connection_string=storage.connection_string or "",
        table_url=storage.table_url or "",
        queue_url=storage.queue_url or "",
        credential=credential,
    )


def _is_development(account: "StorageAccount") -> bool:
    # Azurite starts empty; in Azure the tables and the queue come with the infrastructure.
    return any(mark in account.connection_string + account.table_url for mark in _LOOPBACK)


def _store(settings: Settings, account: Callable[[], "StorageAccount"]) -> "ports.RolloutStore":
    from rollout.adapters.storage.storage_clients import ensure_created, table_client
    from rollout.adapters.storage.table_store import TableStore

    where = account()
    tables = [table_client(where, name) for name in (settings.rollouts_table, settings.live_table)]
    if _is_development(where):
        ensure_created(*tables)
    return TableStore(*tables)


def _deliveries(settings: Settings, account: Callable[[], "StorageAccount"]) -> "ports.Deliveries":
    from rollout.adapters.storage.delivery_rows import TableDeliveries
    from rollout.adapters.storage.storage_clients import ensure_created, table_client

    table = table_client(account(), settings.rollouts_table)
    if _is_development(account()):
        ensure_created(table)
    return TableDeliveries(table)


def _channel(settings: "MessageSettings", channel: "ChannelSettings") -> "ports.Channel":
    from rollout.adapters.messages.channels import channel_of
    from rollout.adapters.messages.posting import Bounds, Posting

    bounds = Bounds(settings.connect.total_seconds(), settings.read.total_seconds())
    return channel_of(channel.kind, Posting(channel.url, bounds), settings.console)


def _annotations(settings: Settings) -> "ports.Annotations | None":
    component = settings.annotate_component
    if component is None:
        return None

    def make() -> "ports.Annotations":
        from rollout.adapters.azure_ml.annotations import ArmAnnotations

        return ArmAnnotations(_arm(settings, AppCredential()), component)

    return lazy(make)


def _queue(settings: Settings, account: Callable[[], "StorageAccount"]) -> "ports.WorkQueue":
    from rollout.adapters.storage.storage_clients import ensure_created, queue_client
    from rollout.adapters.storage.work_queue import StorageWorkQueue

    client = queue_client(account(), settings.work_queue)
    if _is_development(account()):
        ensure_created(client)
    return StorageWorkQueue(client, settings.tick_interval)


def _event_queue(settings: Settings) -> "ports.EventQueue":
    from rollout.adapters.events.event_queue import StorageEventQueue
    from rollout.adapters.storage.storage_clients import queue_client

    # Never created here: whoever fills it made it, and without it there is nothing to put back.
    account = _account(settings.storage, AppCredential())
    return StorageEventQueue(queue_client(account, settings.event_queue))


def _requests(settings: Settings) -> "RequestLimits":
    from rollout.adapters.azure_ml.request_limits import Limit, Limits, RequestLimits

    reads = Limit(settings.arm_reads, settings.arm_reads_per_second)
    writes = Limit(settings.arm_writes, settings.arm_writes_per_second)
    # Deletions have a bucket of their own, of the same size (the documentation's table).
    return RequestLimits(Limits(reads, writes, writes, settings.arm_reserved_percent / 100))


def _turns(requests: "RequestLimits") -> "ports.Turns":
    from rollout.adapters.azure_ml.turns import LimitedTurns

    return LimitedTurns(requests)


def _arm(
    settings: Settings, credential: "TokenCredential", requests: "RequestLimits | None" = None
) -> "Arm":
    from rollout.adapters.azure_ml.arm import Arm

    return Arm(credential, base_url=settings.arm_endpoint, limits=requests)


def _endpoints(arm: "Arm") -> "ports.Endpoints":
    from rollout.adapters.azure_ml.endpoints import ArmEndpoints

    return ArmEndpoints(arm)


def _models(arm: "Arm") -> "ports.Models":
    from rollout.adapters.azure_ml.models import ArmModels

    return ArmModels(arm)


def _metrics(settings: Settings, arm: "Arm", credential: "TokenCredential") -> "ports.Metrics":
    from rollout.adapters.metrics.azure_metrics import AzureMetrics
    from rollout.adapters.metrics.log_analytics import LogAnalytics
    from rollout.adapters.metrics.log_queries import LogCounts

    logs = LogAnalytics(credential, base_url=settings.log_analytics_endpoint)
    return AzureMetrics(arm, LogCounts(logs))


def _predictions(
    settings: Settings, arm: "Arm", credential: "TokenCredential"
) -> "ports.Predictions":
    from rollout.adapters.predictions.allowance import MIB, Bounds
    from rollout.adapters.predictions.azure_blobs import azure_files
    from rollout.adapters.predictions.collected import CollectedPredictions
    from rollout.adapters.predictions.places import Places

    one = settings.datastore_blob_endpoint
    places = Places(arm, None if one is None else lambda _account, _suffix: one)
    bounds = Bounds(
        settings.collected_mib * MIB,
        settings.collected_lines,
        settings.collected_time.total_seconds(),
    )
    return CollectedPredictions(places, partial(azure_files, credential), bounds)


def _scoring(arm: "Arm", credential: "TokenCredential") -> "ports.Scoring":
    from rollout.adapters.azure_ml.scoring import DirectScoring

    return DirectScoring(arm, credential)


def _probing(arm: "Arm", credential: "TokenCredential") -> "ports.Probing":
    from rollout.adapters.azure_ml.probing import DirectProbing

    return DirectProbing(arm, credential)


def _creator(credential: "TokenCredential", bundle: "ServiceBundle") -> "ports.Creator":
    from rollout.adapters.azure_ml.creation import TemplateCreator

    return TemplateCreator(credential, bundle.folder_of)


def _bundle(settings: Settings, credential: "TokenCredential") -> "ServiceBundle":
    from rollout.adapters.bundle.service_bundle import ServiceBundle
    from rollout.adapters.bundle.sources import BlobSource, FolderSource

    if "://" not in settings.bundle:
        folder = FolderSource(APP_FOLDER / settings.bundle, recheck=settings.bundle_recheck)
        return ServiceBundle(folder, settings.workspace)
    from rollout.adapters.bundle.blob import AzureBundleBlob

    blob = AzureBundleBlob.at(settings.bundle, credential)
    return ServiceBundle(BlobSource(blob, recheck=settings.bundle_recheck), settings.workspace)


def _lifecycle(settings: Settings, credential: "TokenCredential") -> "ports.Lifecycle":
    if settings.lifecycle is None:
        return NoTopic()
    from azure.core.credentials import AzureKeyCredential

    from rollout.adapters.events.lifecycle_events import LifecycleTopic, publisher_client

    topic, key = settings.lifecycle.endpoint, settings.lifecycle.key
    return LifecycleTopic(publisher_client(topic, AzureKeyCredential(key) if key else credential))
