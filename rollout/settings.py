"""The app's settings: environment variables -> one frozen value, read once, all faults together.

`local.settings.sample.json` has every setting once. An empty value counts as not set.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from rollout.addresses import WORKSPACE_ID, is_safe_url
from rollout.core.policy.azure_names import (
    RESOURCE_GROUP_NAME,
    SUBSCRIPTION_ID,
    WORKSPACE_NAME,
    NameRule,
)
from rollout.core.policy.model import WorkspaceName
from rollout.errors import InvalidSettingsError
from rollout.message_settings import MessageSettings, read_channels, usual_routes
from rollout.sign_in import NO, YES, platform_signs_in

DEFAULT_ARM_ENDPOINT = "https://management.azure.com"
DEFAULT_LOG_ANALYTICS_ENDPOINT = "https://api.loganalytics.io"
DEFAULT_TICK_SCHEDULE = "0 * * * * *"
MAX_CONSOLE_CHARACTERS = 500
"""Each button of a message repeats it, and messages have a limit."""

DEVELOPMENT_STORAGE = "UseDevelopmentStorage=true"
_TABLE_NAME = NameRule(
    r"^[A-Za-z][A-Za-z0-9]*$", 3, 63, "3 to 63 letters and digits, a letter first"
)
_QUEUE_NAME = NameRule(
    r"^[a-z0-9](-?[a-z0-9])*$", 3, 63, "3 to 63 lower-case letters, digits and single dashes"
)
_WORKSPACE_ID = re.compile(f"{WORKSPACE_ID}/?", re.IGNORECASE)
_TRACES = ("PYTHON_ENABLE_OPENTELEMETRY", "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY")
_ON = frozenset({"true", "1", "t", "yes", "y"})
_COMPONENT_ID = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/?#\s]{1,90}"
    r"/providers/Microsoft\.Insights/components/[^/?#\s]{1,260}",
    re.IGNORECASE,
)
_NO_STORAGE = (
    "No storage: set AzureWebJobsStorage to a connection string, or "
    "AzureWebJobsStorage__accountName, or both AzureWebJobsStorage__tableServiceUri and "
    "AzureWebJobsStorage__queueServiceUri."
)
_EVERY = re.compile(r"(\*|\*/(?P<number>[1-9][0-9]?))")


@dataclass(frozen=True)
class StorageSettings:
    """Table and queue storage: a connection string, or two service URLs with the app's identity."""

    connection_string: str | None
    table_url: str | None
    queue_url: str | None

    @property
    def complete(self) -> bool:
        """Whether it says where both tables and queues are."""
        both = self.table_url is not None and self.queue_url is not None
        return self.connection_string is not None or both


@dataclass(frozen=True)
class LifecycleSettings:
    """The custom topic for lifecycle events; `key` None: the app's identity."""

    endpoint: str
    key: str | None


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides.

    `sign_in`: the platform proves who signs in; `sign_in_missing`: the setting asks for that, and
    the platform's sign-in is off. `tick_interval` follows from the timer's schedule. `bundle` is a
    folder, or the https URL of a zip blob. `lifecycle` None: events are not announced anywhere.
    `arm_*` with a number say how many requests Azure Resource Manager grants: a bucket, what comes
    back a second, and the share of both kinds that is kept for going back. `collected_*` bound what
    one look reads of collected answers; `datastore_blob_endpoint` None: that of the account which a
    datastore names. `messages` may have faults that stop nothing else. `annotate_component` is the
    ARM id of the component whose charts are marked (None: none are). `traces`: the worker takes
    part in OpenTelemetry's traces.
    """

    workspace: WorkspaceName
    storage: StorageSettings
    rollouts_table: str
    live_table: str
    work_queue: str
    event_queue: str
    tick_interval: timedelta
    second_clock: timedelta
    suspended: bool
    sign_in: bool
    sign_in_missing: bool
    bundle: str
    bundle_recheck: timedelta
    lifecycle: LifecycleSettings | None
    arm_endpoint: str
    log_analytics_endpoint: str
    recheck: timedelta
    arm_timeout: timedelta
    alert_arm_timeout: timedelta
    arm_reads: int
    arm_reads_per_second: int
    arm_writes: int
    arm_writes_per_second: int
    arm_reserved_percent: int
    probe_time: timedelta
    collected_mib: int
    collected_lines: int
    collected_time: timedelta
    datastore_blob_endpoint: str | None
    keep_decisions: timedelta
    keep_minutes: timedelta
    messages: MessageSettings
    annotate_component: str | None
    traces: bool


class _Reader:
    """Reads the environment name by name, and remembers the faults and the names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.faults: list[str] = []
        self.asked: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        self.asked.append(name)
        return self._environment.get(name, "").strip() or default

    def named(self, name: str, rule: NameRule, default: str = "") -> str:
        value = self.text(name, default)
        if not value:
            self.faults.append(f"{name} is not set.")
        elif not rule.accepts(value):
            self.faults.append(f"{name} is {value!r}: use {rule.text}.")
        return value

    def flag(self, name: str) -> bool:
        value = self.text(name, "false").lower()
        if value not in YES | NO:
            self.faults.append(f"{name} is {value!r}: use true or false.")
        return value in YES

    def seconds(self, name: str, default: float, least: float, most: float) -> timedelta:
        value = self.text(name, f"{default:g}")
        try:
            number = float(value)
        except ValueError:
            number = -1
        if not least <= number <= most:
            self.faults.append(f"{name} is {value!r}: use seconds from {least:g} to {most:g}.")
            number = default
        return timedelta(seconds=number)

    def days(self, name: str, default: int, least: int, most: int) -> timedelta:
        return timedelta(days=self.whole(name, default, least, most, "whole days"))

    def whole(self, name: str, default: int, least: int, most: int, what: str) -> int:
        value = self.text(name, str(default))
        number = int(value) if value.isascii() and value.isdigit() else -1
        if not least <= number <= most:
            self.faults.append(f"{name} is {value!r}: use {what} from {least} to {most}.")
            number = default
        return number

    def url(self, name: str, default: str = "") -> str | None:
        value = self.text(name, default)
        if value and not is_safe_url(value):
            self.faults.append(f"{name} is not an https URL.")
        return value.rstrip("/") or None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read every setting.

    Raises:
        InvalidSettingsError: At least one is missing or malformed; the message lists them all, one
            a line, without secret values.
    """
    settings, faults, _ = _read(environment)
    if not settings.storage.complete:
        faults.append(_NO_STORAGE)
    return _faultless(settings, faults)


def read_settings_without_storage(environment: Mapping[str, str]) -> Settings:
    """Read the settings for a command that asks Azure only: `storage` may be incomplete.

    Raises:
        InvalidSettingsError: As in `read_settings`.
    """
    settings, faults, _ = _read(environment)
    return _faultless(settings, faults)


def _worker_traces(environment: Mapping[str, str]) -> bool:
    # The Functions worker's own switches: it decides what they mean, so none of them is a fault.
    return any(environment.get(name, "").strip().lower() in _ON for name in _TRACES)


def _faultless(settings: Settings, faults: list[str]) -> Settings:
    if faults:
        raise InvalidSettingsError("\n".join(faults))
    return settings


def setting_names() -> tuple[str, ...]:
    """Return the name of every setting this module reads, in order.

    The app never asks: tests compare the sample file and the deployment's templates with it.
    """
    return _read({})[2]


def _read(environment: Mapping[str, str]) -> tuple[Settings, list[str], tuple[str, ...]]:
    reader = _Reader(environment)
    sign_in, platform = reader.flag("SIGN_IN_ENABLED"), platform_signs_in(environment)
    settings = Settings(
        workspace=_workspace(reader),
        storage=_storage(reader),
        rollouts_table=reader.named("ROLLOUTS_TABLE", _TABLE_NAME, "Rollouts"),
        live_table=reader.named("LIVE_TABLE", _TABLE_NAME, "Live"),
        work_queue=reader.named("WORK_QUEUE", _QUEUE_NAME, "rollout-work"),
        event_queue=reader.named("EVENT_QUEUE", _QUEUE_NAME, "model-events"),
        tick_interval=_tick_interval(reader),
        second_clock=reader.seconds("SECOND_CLOCK_SECONDS", 120, 1, 3600),
        suspended=reader.flag("ROLLOUTS_SUSPENDED"),
        sign_in=sign_in and platform,
        sign_in_missing=sign_in and not platform,
        bundle=_bundle(reader),
        bundle_recheck=reader.seconds("BUNDLE_RECHECK_SECONDS", 60, 1, 3600),
        lifecycle=_lifecycle(reader),
        arm_endpoint=reader.url("ARM_ENDPOINT", DEFAULT_ARM_ENDPOINT) or DEFAULT_ARM_ENDPOINT,
        log_analytics_endpoint=reader.url("LOG_ANALYTICS_ENDPOINT", DEFAULT_LOG_ANALYTICS_ENDPOINT)
        or DEFAULT_LOG_ANALYTICS_ENDPOINT,
        recheck=reader.seconds("RECHECK_SECONDS", 5, 1, 60),
        arm_timeout=reader.seconds("ARM_TIMEOUT_SECONDS", 10, 1, 60),
        alert_arm_timeout=reader.seconds("ALERT_ARM_TIMEOUT_SECONDS", 3, 0.5, 10),
        arm_reads=reader.whole("ARM_READS", 250, 20, 100_000, "whole requests"),
        arm_reads_per_second=reader.whole("ARM_READS_PER_SECOND", 25, 1, 10_000, "whole requests"),
        arm_writes=reader.whole("ARM_WRITES", 200, 10, 100_000, "whole requests"),
        arm_writes_per_second=reader.whole(
            "ARM_WRITES_PER_SECOND", 10, 1, 10_000, "whole requests"
        ),
        arm_reserved_percent=reader.whole("ARM_RESERVED_PERCENT", 20, 5, 80, "whole percents"),
        probe_time=reader.seconds("PROBE_SECONDS", 10, 1, 10),
        collected_mib=reader.whole("COLLECTED_MIB", 64, 1, 512, "whole MiB"),
        collected_lines=reader.whole("COLLECTED_LINES", 100_000, 100, 1_000_000, "whole lines"),
        collected_time=reader.seconds("COLLECTED_SECONDS", 5, 1, 8),
        datastore_blob_endpoint=reader.url("DATASTORE_BLOB_ENDPOINT"),
        keep_decisions=reader.days("KEEP_DECISIONS_DAYS", 730, 30, 36500),
        keep_minutes=reader.days("KEEP_MINUTES_DAYS", 90, 7, 36500),
        messages=_messages(reader),
        annotate_component=_component(reader),
        traces=_worker_traces(environment),
    )
    return settings, reader.faults, tuple(reader.asked)


def _workspace(reader: _Reader) -> WorkspaceName:
    whole = reader.text("AZUREML_WORKSPACE_ID")
    if not whole:
        return WorkspaceName(
            reader.named("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION_ID),
            reader.named("AZURE_RESOURCE_GROUP", RESOURCE_GROUP_NAME),
            reader.named("AZUREML_WORKSPACE_NAME", WORKSPACE_NAME),
        )
    parts = [reader.text(name) for name in _WORKSPACE_PARTS]
    match = _WORKSPACE_ID.fullmatch(whole)
    if match is None:
        reader.faults.append("AZUREML_WORKSPACE_ID is not the ARM id of a workspace.")
        return WorkspaceName("", "", "")
    for name, given, expected in zip(_WORKSPACE_PARTS, parts, match.groups(), strict=True):
        if given and given.lower() != expected.lower():
            reader.faults.append(f"{name} contradicts AZUREML_WORKSPACE_ID: set only one of them.")
    rules = (SUBSCRIPTION_ID, RESOURCE_GROUP_NAME, WORKSPACE_NAME)
    for rule, part in zip(rules, match.groups(), strict=True):
        if not rule.accepts(part):
            reader.faults.append(f"AZUREML_WORKSPACE_ID has {part!r}: use {rule.text}.")
    return WorkspaceName(*match.groups())


_WORKSPACE_PARTS = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME")


def _storage(reader: _Reader) -> StorageSettings:
    # The names are those of the Functions host, so that one set of settings serves both.
    connection = reader.text("AzureWebJobsStorage")
    account = reader.text("AzureWebJobsStorage__accountName")
    table = reader.url("AzureWebJobsStorage__tableServiceUri")
    queue = reader.url("AzureWebJobsStorage__queueServiceUri")
    if connection:
        return StorageSettings(_connection_string(connection), None, None)
    if account:
        table = table or f"https://{account}.table.core.windows.net"
        queue = queue or f"https://{account}.queue.core.windows.net"
    return StorageSettings(None, table, queue)


def _connection_string(value: str) -> str:
    # azure-data-tables 12.7 does not know the short form. The key is the emulator's public one.
    if value.rstrip(";").lower() != DEVELOPMENT_STORAGE.lower():
        return value
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    return (
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};"
        "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
        "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
        "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
    )


def _tick_interval(reader: _Reader) -> timedelta:
    value = reader.text("TICK_SCHEDULE", DEFAULT_TICK_SCHEDULE)
    fields = value.split()
    second, minute = ([*fields, "", ""])[:2]
    rest = fields[2:] == ["*"] * 4
    if rest and (match := _EVERY.fullmatch(second)) and minute == "*":
        return timedelta(seconds=int(match["number"] or 1))
    if rest and second.isdigit() and (match := _EVERY.fullmatch(minute)):
        return timedelta(minutes=int(match["number"] or 1))
    reader.faults.append(
        f'TICK_SCHEDULE is {value!r}: use "0 * * * * *" (every minute), "0 */n * * * *" or '
        '"*/n * * * * *" (every n minutes or seconds).'
    )
    return timedelta(minutes=1)


def _bundle(reader: _Reader) -> str:
    value = reader.text("SERVICES_BUNDLE", "services")
    if "://" in value and not is_safe_url(value):
        reader.faults.append("SERVICES_BUNDLE is neither a folder nor the https URL of a zip blob.")
    return value


def _lifecycle(reader: _Reader) -> LifecycleSettings | None:
    endpoint = reader.url("LIFECYCLE_TOPIC_ENDPOINT")
    key = reader.text("LIFECYCLE_TOPIC_KEY")
    if endpoint is None:
        if key:
            reader.faults.append("LIFECYCLE_TOPIC_KEY is set but LIFECYCLE_TOPIC_ENDPOINT is not.")
        return None
    return LifecycleSettings(endpoint, key or None)


def _component(reader: _Reader) -> str | None:
    value = reader.text("ANNOTATE_COMPONENT").rstrip("/")
    if value and not _COMPONENT_ID.fullmatch(value):
        reader.faults.append(
            "ANNOTATE_COMPONENT is not the ARM id of an Application Insights component."
        )
    return value or None


def _messages(reader: _Reader) -> MessageSettings:
    channels, faults = read_channels(reader.text("NOTIFY_CHANNELS"))
    console = reader.url("CONSOLE_URL")
    if console and len(console) > MAX_CONSOLE_CHARACTERS:
        reader.faults.append(f"CONSOLE_URL is longer than {MAX_CONSOLE_CHARACTERS} characters.")
    usual, more = usual_routes(reader.text("NOTIFY_DEFAULT"), reader.text("NOTIFY_ABOUT"), channels)
    return MessageSettings(
        channels=channels,
        usual=usual,
        console=console,
        connect=reader.seconds("NOTIFY_CONNECT_SECONDS", 3, 0.5, 10),
        read=reader.seconds("NOTIFY_READ_SECONDS", 5, 0.5, 20),
        total=reader.seconds("NOTIFY_TOTAL_SECONDS", 20, 1, 25),
        faults=(*faults, *more),
    )
