"""Values that are free text or a free choice to Bicep's types, and only one of which is right."""

from collections.abc import Mapping

from infra_check.nodes import For, Member, Members, Name, Output, Property, Text, body_of, walk
from infra_check.nodes import Module as ModuleNode
from infra_check.program import Program, SourceFile
from rollout.adapters.events.lifecycle_events import EVENT_TYPE_PREFIX
from rollout.adapters.metrics.azure_metrics import LATENCIES, REQUESTS
from rollout.addresses import PROVIDER
from rollout.core.messages.annotating import ANNOTATED_KINDS
from rollout.core.messages.composing import TOLD_KINDS
from rollout.inbound.event_grid import MODEL_REGISTERED
from tests.support.infra.policies.supposing import Supposition
from tests.support.infra.policies.tracing import Place, objects, places, texts

_METRIC_ALERT = "Microsoft.Insights/metricAlerts"
_LOG_ALERT = "Microsoft.Insights/scheduledQueryRules"
_GROUP = "Microsoft.Insights/actionGroups"
_SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
_OWN_SUBSCRIPTION = "Microsoft.EventGrid/topics/eventSubscriptions"
_CONFIG = "Microsoft.Web/sites/config"
_ENDPOINTS = f"{PROVIDER}/workspaces/onlineEndpoints"
_TAG = "data.ModelTags."

type Wanted = Mapping[tuple[str, ...], frozenset[str]]


def only(*values: str) -> frozenset[str]:
    return frozenset(values)


# By type: where a value stands, and all that it may be.
WANTED: Mapping[str, Wanted] = {
    "Microsoft.EventGrid/systemTopics": {
        ("properties", "topicType"): only(f"{PROVIDER}.Workspaces"),
        # Its own for the private profile and for others, ours for dead letters.
        ("identity", "type"): only("SystemAssigned, UserAssigned"),
    },
    _SUBSCRIPTION: {
        ("properties", "filter", "includedEventTypes"): only(MODEL_REGISTERED),
        ("properties", "eventDeliverySchema"): only("EventGridSchema"),
    },
    _OWN_SUBSCRIPTION: {
        ("properties", "filter", "includedEventTypes"): only(
            *(f"{EVENT_TYPE_PREFIX}{kind}" for kind in (*TOLD_KINDS, *ANNOTATED_KINDS))
        ),
        ("properties", "eventDeliverySchema"): only("CloudEventSchemaV1_0"),
    },
    # rollout/adapters/events/lifecycle_events.py publishes CloudEvents.
    "Microsoft.EventGrid/topics": {("properties", "inputSchema"): only("CloudEventSchemaV1_0")},
    _METRIC_ALERT: {
        ("properties", "enabled"): only("true"),
        ("properties", "targetResourceType"): only(_ENDPOINTS),
    },
    _LOG_ALERT: {("properties", "enabled"): only("true")},
    _GROUP: {("properties", "enabled"): only("true")},
}
CRITERION = {
    "metricNamespace": only(_ENDPOINTS),
    "operator": only("GreaterThan"),
    "metricName": only(REQUESTS, *LATENCIES),
}
DIMENSIONS = only("deployment", "statusCode", "statusCodeClass")
SIGN_IN: Wanted = {
    ("properties", "platform", "enabled"): only("true"),
    ("properties", "globalValidation", "requireAuthentication"): only("true"),
    ("properties", "globalValidation", "unauthenticatedClientAction"): only("Return401"),
    ("properties", "identityProviders", "azureActiveDirectory", "enabled"): only("true"),
}


def free_text_is_the_right_one(program: Program) -> list[str]:
    return [
        f"{place}: {'.'.join(path)} is {sorted(found)}, not {sorted(values)}"
        for type_name, wanted in WANTED.items()
        for place in places(program, type_name)
        for path, values in wanted.items()
        if not (found := texts(program, place.file, place.value(*path))) or not found <= values
    ]


def criteria_are_about_endpoints(program: Program) -> list[str]:
    """With a metric, dimension or direction that is not there a rule never fires."""
    complaints: list[str] = []
    for place in places(program, _METRIC_ALERT):
        for criterion in objects(place.file, place.value("properties", "criteria", "allOf")):
            for key, values in CRITERION.items():
                found = texts(program, place.file, criterion.get(key))
                if not found or not found <= values:
                    complaints.append(f"{place}: {key} is {sorted(found)}, not {sorted(values)}")
        for node in walk(place.file.declarations):
            if isinstance(node, Property) and node.key.literal == "dimension":
                found = texts(program, place.file, node.value)
                if not found <= DIMENSIONS:
                    complaints.append(f"{place}: there is no dimension {sorted(found)}")
    return complaints


def every_alert_calls_the_groups_it_is_given(program: Program) -> list[str]:
    complaints: list[str] = []
    for place in places(program, _METRIC_ALERT):
        given = place.value("properties", "actions")
        made = given if isinstance(given, For) else None
        variable = given.name if isinstance(given, Name) else ""
        made = made or next(
            (
                each.value  # type: ignore[attr-defined]
                for each in place.file.declarations
                if each.name == variable and isinstance(getattr(each, "value", None), For)
            ),
            None,
        )
        if made is None or not _is_name(made.source, "actionGroupIds"):
            complaints.append(f"{place}: it does not call the groups it is given")
    complaints += [
        f"{place}: it does not call the groups it is given"
        for place in places(program, _LOG_ALERT)
        if not _is_name(place.value("properties", "actions", "actionGroups"), "actionGroupIds")
    ]
    for place in places(program, _GROUP):
        for node in walk(place.body):
            if isinstance(node, Members) and node.get("functionName"):
                schema = texts(program, place.file, node.get("useCommonAlertSchema"))
                if schema != {"true"}:
                    complaints.append(f"{place}: the app reads the common alert schema only")
    return complaints


def tags_are_looked_for_where_events_have_them(program: Program) -> list[str]:
    complaints: list[str] = []
    for place in places(program, _SUBSCRIPTION):
        for each in objects(place.file, place.value("properties", "filter", "advancedFilters")):
            key = each.get("key")
            first = key.parts[0] if isinstance(key, Text) else None
            if first != _TAG:
                complaints.append(f"{place}: a filter on {first}, not on {_TAG}")
    return complaints


def sign_in_is_asked_for_where_the_app_counts_on_it(program: Program) -> list[str]:
    complaints: list[str] = []
    found = {
        name: place
        for place in places(program, _CONFIG)
        for name in texts(program, place.file, place.value("name"))
    }
    rules = found.get("authsettingsV2")
    complaints += [
        f"{rules}: {'.'.join(path)} must be {sorted(values)}"
        for path, values in SIGN_IN.items()
        if rules is None or texts(program, rules.file, rules.value(*path)) != values
    ]
    for client, wanted in (("", "false"), ("/client", "true")):
        supposing = Supposition(program, {"signInClientId": client})
        if _setting(found.get("appsettings"), "SIGN_IN_ENABLED", supposing) != wanted:
            complaints.append(f"SIGN_IN_ENABLED must be {wanted} with the client id {client!r}")
    return complaints


def addresses_have_one_slash(program: Program) -> list[str]:
    """Storage's addresses end with a slash."""
    return [
        f"{file.path.name}: {before.name} ends with a slash already"
        for file in program.files.values()
        for node in walk(file.declarations)
        if isinstance(node, Text)
        for before, after in zip(node.parts, node.parts[1:], strict=False)
        if isinstance(before, Name) and before.name.endswith("Endpoint")
        if isinstance(after, str) and after.startswith("/")
    ]


def identities_are_not_mixed_up(program: Program) -> list[str]:
    """Whatever takes something of an identity is named after that identity, and after the kind."""
    complaints: list[str] = []
    for file in program.files.values():
        for key, value in _named_values(file):
            if (
                isinstance(value, Member)
                and isinstance(value.object, Member)
                and _is_name(value.object.object, "identities")
                and key.replace("_", "").lower().replace("identity", "") != value.name.lower()
            ):
                complaints.append(f"{file.path.name}: {key} is given {value.name}")
    for place in places(program, _CONFIG):
        for key in ("AZURE_CLIENT_ID", "AzureWebJobsStorage__clientId"):
            given = place.value("properties", key)
            if given is not None and not _is_name(given, "controllerClientId"):
                complaints.append(f"{place}: {key} is not the controller's client id")
    return complaints


def azd_finds_the_group(program: Program) -> list[str]:
    """By this tag; without it `azd deploy` and `azd down` look elsewhere."""
    return [
        f"{place}: it has no tag azd-env-name"
        for place in places(program, "Microsoft.Resources/resourceGroups")
        if not _is_name(place.value("tags", "azd-env-name"), "environmentName")
    ]


def telemetry_is_kept_in_our_workspace(program: Program) -> list[str]:
    """The log alerts look there."""
    return [
        f"{place}: its logs are elsewhere"
        for place in places(program, "Microsoft.Insights/components")
        if not (
            isinstance(given := place.value("properties", "WorkspaceResourceId"), Member)
            and _is_name(given.object, "logWorkspace")
        )
    ]


def _named_values(file: SourceFile) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [(each.name, each.value) for each in file.all(Output)]
    for module in file.all(ModuleNode):
        body = body_of(module.value)
        params = body.get("params") if body else None
        given = params.properties if isinstance(params, Members) else ()
        found += [(each.key.literal or "", each.value) for each in given]
    return found


def _setting(place: Place | None, name: str, supposing: Supposition) -> str | None:
    if place is None:
        return None
    return supposing.text(place.file, place.value("properties", name))


def _is_name(node: object, name: str) -> bool:
    return isinstance(node, Name) and node.name == name
