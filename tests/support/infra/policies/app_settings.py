"""The app's settings, runtime and names, as infrastructure sets them and as the code has them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from infra_check.nodes import Call, Expression, Members, Text, walk
from infra_check.program import Program, SourceFile
from rollout.adapters.app_log import ATTENTION_EVENT_ID, NOTICE_EVENT_ID
from rollout.settings import setting_names
from tests.support.infra.indexed_app import Functions, indexed_functions
from tests.support.infra.policies.tracing import UNKNOWN, Place, places, texts
from tests.support.paths import PROJECT

_SITE = "Microsoft.Web/sites"
_CONFIG = f"{_SITE}/config"
_QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
_TABLE = "Microsoft.Storage/storageAccounts/tableServices/tables"
_PERCENT = re.compile(r"%([A-Za-z0-9_]+)%")
_NAMED_IN_QUERY = re.compile(r"\bName\s*(?:==|=~)\s*'([^']+)'")
_EVENT_GRID_WEBHOOK = "/runtime/webhooks/eventgrid"
_TABLE_SETTINGS = frozenset({"ROLLOUTS_TABLE", "LIVE_TABLE"})

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
_OF_THE_WORKSPACE = "collected-access.bicep"
"""Gives a right on a container that Azure ML or its users made."""


def what_is_set_is_what_is_read(program: Program) -> list[str]:
    settings = _settings(program)
    read = _read_names()
    return [
        *(f"{each} is set and nothing reads it" for each in settings.keys() - read),
        *(f"{each} is read and not set" for each in read - settings.keys() - LEFT_OUT.keys()),
        *(f"{each} is set, though {LEFT_OUT[each]}" for each in settings.keys() & LEFT_OUT.keys()),
        *(f"{each} is no longer read" for each in LEFT_OUT.keys() - set(setting_names())),
    ]


def the_runtime_is_the_one_of_the_project(program: Program) -> list[str]:
    wanted = (PROJECT / ".python-version").read_text(encoding="utf-8").strip()
    complaints: list[str] = []
    for place in places(program, _SITE):
        runtime = ("properties", "functionAppConfig", "runtime")
        for key, value in (("name", "python"), ("version", wanted)):
            given = texts(program, place.file, place.value(*runtime, key))
            if given != {value}:
                complaints.append(f"{place}: runtime {key} is {sorted(given)}, not {value}")
    return complaints


def azd_finds_the_app(program: Program) -> list[str]:
    described = yaml.safe_load((PROJECT / "azure.yaml").read_text(encoding="utf-8"))
    wanted = {name for name, each in described["services"].items() if each["host"] == "function"}
    found: set[str] = set()
    for place in places(program, _SITE):
        tags = place.value("tags")
        for node in walk(tags) if tags else ():
            if isinstance(node, Members) and (value := node.get("azd-service-name")):
                found |= texts(program, place.file, value)
    if found != wanted:
        return [f"azd-service-name is {sorted(found)}, and azure.yaml has {sorted(wanted)}"]
    return []


def queues_and_tables_are_those_of_the_app(program: Program) -> list[str]:
    """Made under the names that the settings give, and found elsewhere under no other one."""
    settings = _settings(program)
    queues = {name for each in _triggers("queueTrigger") for name in _names(each["queueName"])}
    complaints: list[str] = []
    for kind, type_name, keys in (("queue", _QUEUE, queues), ("table", _TABLE, _TABLE_SETTINGS)):
        used = {text for key in keys for text in _setting(program, settings, key)}
        made = {text for place in places(program, type_name) for text in _name(program, place)}
        seen = {
            text
            for place in places(program, type_name, existing=True)
            for text in _name(program, place)
        }
        if used != made:
            complaints.append(f"the app uses the {kind}s {sorted(used)}, made are {sorted(made)}")
        complaints += [f"no {kind} {each} is made" for each in sorted(seen - made - {""})]
    made = {text for place in places(program, _CONTAINER) for text in _name(program, place)}
    for place in places(program, _CONTAINER, existing=True):
        if place.file.path.name == _OF_THE_WORKSPACE:
            continue
        lost = _name(program, place) - made
        complaints += [f"no container {each} is made" for each in sorted(lost)]
    return complaints


def functions_are_those_of_the_app(program: Program) -> list[str]:
    """Named by action groups, event subscriptions, queries and the sign-in's exceptions."""
    functions = indexed_functions()
    complaints = [
        f"{file.path.name}: there is no function {name}"
        for file in program.files.values()
        for name in _functions_named(program, file)
        if name not in functions
    ]
    # A route that takes every path below is exempted with the platform's own star.
    routes = {
        f"/api/{re.sub(r'{[*]\w+}$', '*', each['route'])}" for each in _triggers("httpTrigger")
    }
    for place in places(program, _CONFIG):
        excluded = place.value("properties", "globalValidation", "excludedPaths")
        complaints += [
            f"{place}: no function answers {path}"
            for path in _texts_below(excluded)
            if path not in routes and path.lower() != _EVENT_GRID_WEBHOOK
        ]
    for place in places(program, "Microsoft.Insights/actionGroups"):
        complaints += _wrong_addresses(program, place, functions)
    return complaints


def alerts_look_for_our_marks(program: Program) -> list[str]:
    queries = [text for file in program.files.values() for text in _queries(file)]
    return [
        f"no alert looks for lines that begin with {mark}"
        for mark in (ATTENTION_EVENT_ID, NOTICE_EVENT_ID)
        if not any(f"startswith '{mark}:" in each for each in queries)
    ]


def _settings(program: Program) -> Mapping[str, tuple[SourceFile, Expression]]:
    found: dict[str, tuple[SourceFile, Expression]] = {}
    for place in places(program, _CONFIG):
        if texts(program, place.file, place.value("name")) == {"appsettings"}:
            settings = place.value("properties")
            for each in settings.properties if isinstance(settings, Members) else ():
                found[each.key.literal or UNKNOWN] = (place.file, each.value)
    return found


def _setting(
    program: Program, settings: Mapping[str, tuple[SourceFile, Expression]], key: str
) -> set[str]:
    return texts(program, *settings[key]) if key in settings else {UNKNOWN}


def _read_names() -> set[str]:
    bindings = json.dumps(indexed_functions())
    host = (PROJECT / "host.json").read_text(encoding="utf-8")
    return {*setting_names(), *READ_BY_OTHERS, *_names(bindings), *_names(host)}


def _names(text: str) -> set[str]:
    return set(_PERCENT.findall(text))


def _triggers(kind: str) -> Iterator[dict[str, Any]]:
    for bindings in indexed_functions().values():
        yield from (each for each in bindings if each["type"] == kind)


def _name(program: Program, place: Place) -> set[str]:
    return texts(program, place.file, place.body.get("name"))


def _functions_named(program: Program, file: SourceFile) -> Iterator[str]:
    for node in walk(file.declarations):
        if isinstance(node, Call) and node.name == "resourceId":
            first = node.arguments[0]
            if isinstance(first, Text) and first.literal == "Microsoft.Web/sites/functions":
                yield from texts(program, file, node.arguments[-1])
        if isinstance(node, Members) and (value := node.get("functionName")):
            yield from texts(program, file, value)
    for query in _queries(file):
        yield from _NAMED_IN_QUERY.findall(query)


def _queries(file: SourceFile) -> Iterator[str]:
    for node in walk(file.declarations):
        if isinstance(node, Text) and node.literal and "\n| where " in node.literal:
            yield node.literal


def _wrong_addresses(program: Program, place: Place, functions: Functions) -> Iterator[str]:
    for node in walk(place.body):
        if not isinstance(node, Members) or not (url := node.get("httpTriggerUrl")):
            continue
        for name in texts(program, place.file, node.get("functionName")):
            trigger = next((each for each in functions.get(name, ()) if "route" in each), None)
            written = "".join(each for each in _parts(url) if isinstance(each, str))
            if trigger is None or f"/api/{trigger['route']}?code=" not in written:
                yield f"{place}: {written} is not where {name} listens"


def _parts(url: Expression) -> tuple[object, ...]:
    return url.parts if isinstance(url, Text) else ()


def _texts_below(node: Expression | None) -> Iterator[str]:
    for each in walk(node) if node else ():
        if isinstance(each, Text) and each.literal:
            yield each.literal
