"""The app's settings, runtime and names, as infrastructure sets them and as the code has them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rollout.adapters.app_log import ATTENTION_EVENT_ID, NOTICE_EVENT_ID
from rollout.settings import setting_names
from tests.support.infra.indexed_app import indexed_functions
from tests.support.infra.made import Snapshots, named, resources, texts
from tests.support.paths import PROJECT

_SITE = "Microsoft.Web/sites"
_CONFIG = f"{_SITE}/config"
_ACCOUNT = "Microsoft.Storage/storageAccounts"
_QUEUE = f"{_ACCOUNT}/queueServices/queues"
_CONTAINER = f"{_ACCOUNT}/blobServices/containers"
_TABLE = f"{_ACCOUNT}/tableServices/tables"
_ALERT = "Microsoft.Insights/scheduledQueryRules"
_PERCENT = re.compile(r"%([A-Za-z0-9_]+)%")
_NAMED_IN_QUERY = re.compile(r"\bName\s*(?:==|=~)\s*'([^']+)'")
_FUNCTION = re.compile(r"/providers/Microsoft\.Web/sites/[^/']+/functions/(\w+)")
_ADDRESS = re.compile(r"\[format\('https://\{0\}(?P<path>/[^?']*)\?code=\{1\}'")
_ITS_STORAGE = re.compile(
    r"/storageAccounts/strollout\w+/(?:blob|queue)Services/default/(?:containers|queues)/([\w-]+)"
)
_EVENTS = "/id-rollout-events-"
_CONTROLLER = re.compile(r"/id-rollout-(?!events)")
_CLIENT = re.compile(r"\[reference\('[^']*/id-rollout-(?!events)[^']*', '[\d-]+'\)\.clientId\]")
_EVENT_GRID_WEBHOOK = "/runtime/webhooks/eventgrid"
_TABLE_SETTINGS = ("ROLLOUTS_TABLE", "LIVE_TABLE")

_READY = "function:"
READY: Mapping[str, Mapping[str, int]] = {
    "main-reliable": {"http": 2, "function:tick": 1, "function:work": 1},
    "main-sign-in": {"http": 1},
}
"""What each profile asks for; elsewhere nothing is kept ready, and nothing is paid for it."""

# Read by the Functions host or a library, not by our code.
READ_BY_OTHERS: Mapping[str, str] = {
    "AzureWebJobsStorage__credential": "the host: its storage by identity",
    "AzureWebJobsStorage__clientId": "the host: which identity",
    "AzureWebJobsStorage__blobServiceUri": "the host: keys, leases",
    "AZURE_CLIENT_ID": "azure-identity: which identity",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host: where telemetry goes",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host: telemetry by identity",
}
# Read by our code, and left out on purpose.
LEFT_OUT: Mapping[str, str] = {
    "AzureWebJobsStorage": "a connection string holds a key",
    "AzureWebJobsStorage__accountName": "the service addresses are set instead",
    "AZURE_SUBSCRIPTION_ID": "AZUREML_WORKSPACE_ID says it",
    "AZURE_RESOURCE_GROUP": "AZUREML_WORKSPACE_ID says it",
    "AZUREML_WORKSPACE_NAME": "AZUREML_WORKSPACE_ID says it",
    "LIFECYCLE_TOPIC_KEY": "the identity publishes",
    "DATASTORE_BLOB_ENDPOINT": "datastores name their account",
}


def what_is_set_is_what_is_read(snapshots: Snapshots) -> list[str]:
    read = _read_names()
    complaints = [f"{each} is no longer read" for each in LEFT_OUT.keys() - set(setting_names())]
    for profile, settings in _settings(snapshots):
        found = [
            *(f"{each} is set and nothing reads it" for each in settings.keys() - read),
            *(f"{each} is read and not set" for each in read - settings.keys() - LEFT_OUT.keys()),
            *(f"{each} is set, though {LEFT_OUT[each]}" for each in settings.keys() & LEFT_OUT),
        ]
        complaints += [f"{profile}: {each}" for each in found]
    return complaints


def the_runtime_is_the_one_of_the_project(snapshots: Snapshots) -> list[str]:
    version = (PROJECT / ".python-version").read_text(encoding="utf-8").strip()
    wanted = {"name": "python", "version": version}
    return [
        f"{each}: the runtime is {found}, not {wanted}"
        for each in resources(snapshots, _SITE)
        if (found := each.value("properties", "functionAppConfig", "runtime")) != wanted
    ]


def azd_finds_the_app(snapshots: Snapshots) -> list[str]:
    described = yaml.safe_load((PROJECT / "azure.yaml").read_text(encoding="utf-8"))
    (wanted,) = (name for name, each in described["services"].items() if each["host"] == "function")
    return [
        f"{each}: azd-service-name is {found}, and azure.yaml has {wanted}"
        for each in resources(snapshots, _SITE)
        if (found := each.value("tags", "azd-service-name")) != wanted
    ]


def queues_and_tables_are_those_of_the_app(snapshots: Snapshots) -> list[str]:
    """Made under the names that the settings give, and found elsewhere under no other one."""
    queues = {name for each in _triggers("queueTrigger") for name in _names(each["queueName"])}
    complaints: list[str] = []
    made: dict[str, set[str]] = {}
    for kind, type_name, keys in (("queue", _QUEUE, queues), ("table", _TABLE, _TABLE_SETTINGS)):
        for profile, settings in _settings(snapshots):
            used = {settings.get(key, "") for key in keys}
            made[kind] = _last_names(snapshots, type_name, profile)
            if used != made[kind]:
                complaints.append(
                    f"{profile}: the app uses the {kind}s {used}, made are {made[kind]}"
                )
    known = made["queue"] | _last_names(snapshots, _CONTAINER, "main-default")
    for each in resources(snapshots):
        used = set(named(each.body, "queueName")) | set(named(each.body, "blobContainerName"))
        used |= {name for text in texts(each.body) for name in _ITS_STORAGE.findall(text)}
        complaints += [f"{each}: nothing makes {name}" for name in sorted(used - known)]
    return complaints


def functions_are_those_of_the_app(snapshots: Snapshots) -> list[str]:
    """Named by action groups, event subscriptions, queries and the sign-in's exceptions."""
    functions = indexed_functions()
    # A route that takes every path below is exempted with the platform's own star.
    routes = {
        f"/api/{re.sub(r'{[*]\w+}$', '*', each['route'])}" for each in _triggers("httpTrigger")
    }
    complaints: list[str] = []
    for each in resources(snapshots):
        used = {name for text in texts(each.body) for name in _FUNCTION.findall(text)}
        used |= set(named(each.body, "functionName"))
        if each.type == _ALERT:
            used |= {name for text in texts(each.body) for name in _NAMED_IN_QUERY.findall(text)}
        complaints += [f"{each}: there is no function {name}" for name in used - functions.keys()]
        excluded = each.value("properties", "globalValidation", "excludedPaths") or ()
        complaints += [
            f"{each}: no function answers {path}"
            for path in excluded
            if path not in routes and path.lower() != _EVENT_GRID_WEBHOOK
        ]
        for receiver in each.value("properties", "azureFunctionReceivers") or ():
            route = _route(receiver["functionName"])
            address = _ADDRESS.match(receiver["httpTriggerUrl"])
            if address is None or address["path"] != route:
                complaints.append(f"{each}: {receiver['functionName']} listens at {route}")
    return complaints


def parts_that_are_always_ready_are_those_of_the_app(snapshots: Snapshots) -> list[str]:
    """A part under another name keeps nothing ready, and nobody is told."""
    # HTTP functions are one part, whatever their number ("Flex Consumption plan").
    known = {"http"} | {
        f"{_READY}{name}"
        for name, bindings in indexed_functions().items()
        if all(each["type"] != "httpTrigger" for each in bindings)
    }
    complaints: list[str] = []
    for each in resources(snapshots, _SITE):
        scale = ("properties", "functionAppConfig", "scaleAndConcurrency", "alwaysReady")
        found = {part["name"]: part["instanceCount"] for part in each.value(*scale)}
        complaints += [f"{each}: {name} is no part that scales" for name in found.keys() - known]
        wanted = READY.get(each.profile, {})
        if found != wanted:
            complaints.append(f"{each}: always ready are {found}, not {wanted}")
    return complaints


def alerts_look_for_our_marks(snapshots: Snapshots) -> list[str]:
    queries = [
        query
        for each in resources(snapshots, _ALERT, "wiring-default")
        for query in named(each.body, "query")
    ]
    return [
        f"no alert looks for lines that begin with {mark}"
        for mark in (ATTENTION_EVENT_ID, NOTICE_EVENT_ID)
        if not any(f"startswith '{mark}:" in each for each in queries)
    ]


def addresses_have_one_slash(snapshots: Snapshots) -> list[str]:
    """Storage's addresses end with a slash."""
    return [
        f"{each}: {text} has two slashes"
        for each in resources(snapshots)
        for text in texts(each.body)
        if ".primaryEndpoints." in text and text.startswith("[format('{0}/")
    ]


def the_identity_is_the_controllers(snapshots: Snapshots) -> list[str]:
    """The app runs as the controller; the identity of the event path is on topics only."""
    complaints = [
        f"{profile}: {key} is not the controller's client id"
        for profile, settings in _settings(snapshots)
        for key in ("AZURE_CLIENT_ID", "AzureWebJobsStorage__clientId")
        if not _CLIENT.fullmatch(str(settings.get(key)))
    ]
    for each in resources(snapshots):
        found = " ".join(_keys_and_texts(each.body))
        if each.type == _SITE and _EVENTS in found:
            complaints.append(f"{each}: it has the identity of the event path")
        if each.type.startswith("Microsoft.EventGrid/") and _CONTROLLER.search(found):
            complaints.append(f"{each}: it has the controller's identity")
    for profile, snapshot in snapshots.items():
        outputs = snapshot["outputs"]
        if _EVENTS not in outputs.get("EVENTS_IDENTITY_ID", _EVENTS):
            complaints.append(f"{profile}: EVENTS_IDENTITY_ID is another identity")
        if _EVENTS in outputs.get("CONTROLLER_PRINCIPAL_ID", ""):
            complaints.append(f"{profile}: CONTROLLER_PRINCIPAL_ID is another identity")
    return complaints


def _settings(snapshots: Snapshots) -> Iterator[tuple[str, Mapping[str, str]]]:
    for each in resources(snapshots, _CONFIG):
        if each.name.endswith("/appsettings"):
            yield each.profile, each.value("properties")


def _read_names() -> set[str]:
    bindings = json.dumps(indexed_functions())
    host = (PROJECT / "host.json").read_text(encoding="utf-8")
    return {*setting_names(), *READ_BY_OTHERS, *_names(bindings), *_names(host)}


def _names(text: str) -> set[str]:
    return set(_PERCENT.findall(text))


def _triggers(kind: str) -> Iterator[dict[str, Any]]:
    for bindings in indexed_functions().values():
        yield from (each for each in bindings if each["type"] == kind)


def _last_names(snapshots: Snapshots, type_name: str, profile: str) -> set[str]:
    return {
        each.name.rpartition("/")[2]
        for each in resources(snapshots, type_name, profile)
        if each.profile == profile
    }


def _route(function: str) -> str | None:
    bindings = indexed_functions().get(function, ())
    return next((f"/api/{each['route']}" for each in bindings if "route" in each), None)


def _keys_and_texts(value: object) -> Iterator[str]:
    yield from texts(value)
    for identities in named(value, "userAssignedIdentities"):
        yield from identities
