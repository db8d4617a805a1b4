"""Settings: defaults, both forms of workspace and storage, and all faults at once."""

import json
from datetime import timedelta

import pytest

from rollout.addresses import is_safe_url
from rollout.core.policy.model import WorkspaceName
from rollout.errors import InvalidSettingsError
from rollout.settings import (
    DEVELOPMENT_STORAGE,
    LifecycleSettings,
    StorageSettings,
    read_settings,
    read_settings_without_storage,
    setting_names,
)
from tests.support.paths import PROJECT

SAMPLE = json.loads((PROJECT / "local.settings.sample.json").read_text())
GUID = "00000000-0000-0000-0000-000000000000"
LEAST = {
    "AZURE_SUBSCRIPTION_ID": GUID,
    "AZURE_RESOURCE_GROUP": "rg-ml",
    "AZUREML_WORKSPACE_NAME": "ws-production",
    "AzureWebJobsStorage": "AccountName=x;AccountKey=secret",
}
WORKSPACE_ID = (
    f"/subscriptions/{GUID}/resourceGroups/rg-ml"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws-production"
)
# Settings of the Functions host, which this code does not read.
HOST_ONLY = {"FUNCTIONS_WORKER_RUNTIME"}


def test_the_sample_has_every_setting_once_and_is_valid() -> None:
    names = setting_names()

    assert len(names) == len(set(names))
    assert set(SAMPLE["Values"]) == set(names) | HOST_ONLY
    assert SAMPLE["IsEncrypted"] is False
    read_settings(SAMPLE["Values"])


def test_the_sample_states_the_defaults() -> None:
    stated = read_settings(SAMPLE["Values"])
    least = {**LEAST, "AzureWebJobsStorage": DEVELOPMENT_STORAGE}

    assert read_settings(least) == stated


def test_empty_values_count_as_not_set() -> None:
    spaces = dict.fromkeys(set(setting_names()) - set(LEAST), " ")

    assert read_settings({**spaces, **LEAST}) == read_settings(LEAST)


def test_the_emulators_short_form_becomes_a_connection_string() -> None:
    storage = read_settings({**LEAST, "AzureWebJobsStorage": DEVELOPMENT_STORAGE + ";"}).storage

    assert "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1" in str(storage.connection_string)


def identity(**settings: str) -> dict[str, str]:
    prefixed = {f"AzureWebJobsStorage__{name}": value for name, value in settings.items()}
    return {**LEAST, "AzureWebJobsStorage": "", **prefixed}


def test_storage_by_identity_needs_an_account_or_both_urls() -> None:
    by_account = read_settings(identity(accountName="acc")).storage
    by_urls = read_settings(
        identity(tableServiceUri="https://t.example/", queueServiceUri="https://q.example")
    ).storage

    assert by_account == StorageSettings(
        None, "https://acc.table.core.windows.net", "https://acc.queue.core.windows.net"
    )
    assert by_urls == StorageSettings(None, "https://t.example", "https://q.example")
    with pytest.raises(InvalidSettingsError, match="No storage"):
        read_settings(identity(tableServiceUri="https://t.example"))


def test_a_command_that_asks_azure_only_needs_no_storage() -> None:
    without = {name: value for name, value in LEAST.items() if name != "AzureWebJobsStorage"}

    assert read_settings_without_storage(without).storage == StorageSettings(None, None, None)
    with pytest.raises(InvalidSettingsError, match="AZURE_RESOURCE_GROUP is not set") as refused:
        read_settings_without_storage({})
    assert "storage" not in str(refused.value).lower()


def test_the_workspace_may_be_one_id() -> None:
    storage = {"AzureWebJobsStorage": "x"}

    assert read_settings({**storage, "AZUREML_WORKSPACE_ID": WORKSPACE_ID}).workspace == (
        WorkspaceName(GUID, "rg-ml", "ws-production")
    )
    assert read_settings({**LEAST, "AZUREML_WORKSPACE_ID": WORKSPACE_ID.upper()}).workspace.name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AZUREML_WORKSPACE_ID": "ws"}, "not the ARM id"),
        ({"AZUREML_WORKSPACE_ID": WORKSPACE_ID + "2"}, "AZUREML_WORKSPACE_NAME contradicts"),
        (
            {
                "AZUREML_WORKSPACE_ID": WORKSPACE_ID.replace(GUID, "x"),
                "AZURE_SUBSCRIPTION_ID": "",
            },
            "AZUREML_WORKSPACE_ID has 'x'",
        ),
        ({"AZURE_SUBSCRIPTION_ID": ""}, "AZURE_SUBSCRIPTION_ID is not set"),
        ({"AZURE_RESOURCE_GROUP": "a/b"}, "AZURE_RESOURCE_GROUP is 'a/b'"),
        ({"ROLLOUTS_TABLE": "a-b"}, "ROLLOUTS_TABLE"),
        ({"WORK_QUEUE": "A"}, "WORK_QUEUE"),
        ({"EVENT_QUEUE": "model_events"}, "EVENT_QUEUE"),
        ({"ROLLOUTS_SUSPENDED": "yes"}, "use true or false"),
        ({"RECHECK_SECONDS": "0"}, "from 1 to 60"),
        ({"RECHECK_SECONDS": "nan"}, "from 1 to 60"),
        ({"ARM_TIMEOUT_SECONDS": "soon"}, "ARM_TIMEOUT_SECONDS is 'soon'"),
        ({"ARM_ENDPOINT": "http://management.example"}, "ARM_ENDPOINT is not an https URL"),
        ({"LOG_ANALYTICS_ENDPOINT": "http://logs.example"}, "LOG_ANALYTICS_ENDPOINT is not an ht"),
        ({"SERVICES_BUNDLE": "http://blob.example/x.zip"}, "SERVICES_BUNDLE"),
        ({"LIFECYCLE_TOPIC_KEY": "k"}, "LIFECYCLE_TOPIC_ENDPOINT is not"),
        ({"TICK_SCHEDULE": "every minute"}, "TICK_SCHEDULE"),
        ({"TICK_SCHEDULE": "0 0 * * * *"}, "TICK_SCHEDULE"),
        ({"TICK_SCHEDULE": "*/0 * * * * *"}, "TICK_SCHEDULE"),
        ({"TICK_SCHEDULE": ""}, ""),
    ],
)
def test_a_faulty_setting_is_named_with_what_to_use(changes: dict[str, str], words: str) -> None:
    if not words:
        assert read_settings({**LEAST, **changes}).tick_interval == timedelta(minutes=1)
        return
    with pytest.raises(InvalidSettingsError, match=words):
        read_settings({**LEAST, **changes})


def test_all_faults_come_at_once_without_secrets() -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read_settings(
            {"LIFECYCLE_TOPIC_KEY": "secret", "ARM_ENDPOINT": "secret", "WORK_QUEUE": "_"}
        )

    assert len(str(refused.value).splitlines()) == 7
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("schedule", "interval"),
    [
        ("0 * * * * *", timedelta(minutes=1)),
        ("30 */5 * * * *", timedelta(minutes=5)),
        ("*/5 * * * * *", timedelta(seconds=5)),
        ("* * * * * *", timedelta(seconds=1)),
    ],
)
def test_the_tick_interval_follows_from_the_schedule(schedule: str, interval: timedelta) -> None:
    assert read_settings({**LEAST, "TICK_SCHEDULE": schedule}).tick_interval == interval


def test_switches_and_the_topic_are_read() -> None:
    settings = read_settings(
        {
            **LEAST,
            "ROLLOUTS_SUSPENDED": "True",
            "SIGN_IN_ENABLED": "1",
            "WEBSITE_AUTH_ENABLED": "True",
            "LIFECYCLE_TOPIC_ENDPOINT": "https://topic.example/api/events",
            "LIFECYCLE_TOPIC_KEY": "k",
        }
    )

    assert (settings.suspended, settings.sign_in) == (True, True)
    assert settings.lifecycle == LifecycleSettings("https://topic.example/api/events", "k")


@pytest.mark.parametrize("platform", ["False", "", "1"])
def test_sign_in_counts_only_where_the_platforms_is_on(platform: str) -> None:
    asked = {**LEAST, "SIGN_IN_ENABLED": "true", "WEBSITE_AUTH_ENABLED": platform}
    settings = read_settings(asked)

    assert (settings.sign_in, settings.sign_in_missing) == (False, True)
    assert not read_settings({**LEAST, "WEBSITE_AUTH_ENABLED": "True"}).sign_in


@pytest.mark.parametrize("days", ["29", "36501", "1.5", "x", "-40", "\u0664\u0660"])
def test_a_retention_that_is_no_number_of_days_is_refused(days: str) -> None:
    with pytest.raises(InvalidSettingsError, match=r"KEEP_DECISIONS_DAYS.*whole days from 30"):
        read_settings({**LEAST, "KEEP_DECISIONS_DAYS": days})


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://x.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:1", True),
        ("http://x.example", False),
        ("https://", False),
        ("file:///etc/passwd", False),
        ("https://[x", False),
        ("http://evil.example\\@localhost/", False),
        ("https://user@x.example", False),
        ("https://x.example/a b", False),
        ("https://x.example\n", False),
    ],
)
def test_only_https_or_this_machine_is_a_safe_url(url: str, *, safe: bool) -> None:
    assert is_safe_url(url) is safe


COMPONENT = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ml"
    "/providers/microsoft.insights/components/appi-ml"
)


def test_a_component_to_annotate_is_an_arm_id() -> None:
    assert read_settings(LEAST).annotate_component is None
    found = read_settings({**LEAST, "ANNOTATE_COMPONENT": f"{COMPONENT}/"})
    assert found.annotate_component == COMPONENT
    with pytest.raises(InvalidSettingsError, match="ANNOTATE_COMPONENT is not the ARM id"):
        read_settings({**LEAST, "ANNOTATE_COMPONENT": f"{COMPONENT}?api-version=1"})


@pytest.mark.parametrize(
    ("name", "value", "traces"),
    [
        ("PYTHON_ENABLE_OPENTELEMETRY", "true", True),
        ("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY", "1", True),
        ("PYTHON_ENABLE_OPENTELEMETRY", "false", False),
        ("PYTHON_ENABLE_OPENTELEMETRY", "perhaps", False),
        ("PYTHON_ENABLE_TRACING", "true", False),
    ],
)
def test_the_workers_own_switches_say_whether_it_traces(
    name: str, value: str, *, traces: bool
) -> None:
    assert read_settings({**LEAST, name: value}).traces is traces
