"""Values that are free text or a free choice to Bicep's types, and only one of which is right."""

from collections.abc import Mapping

from rollout.adapters.events.lifecycle_events import EVENT_TYPE_PREFIX
from rollout.addresses import PROVIDER
from rollout.core.messages.annotating import ANNOTATED_KINDS
from rollout.core.messages.composing import TOLD_KINDS
from rollout.inbound.event_grid import MODEL_REGISTERED
from tests.support.infra.made import Snapshots, resources

_METRIC_ALERT = "Microsoft.Insights/metricAlerts"
_LOG_ALERT = "Microsoft.Insights/scheduledQueryRules"
_GROUP = "Microsoft.Insights/actionGroups"
_TOPIC = "Microsoft.EventGrid/systemTopics"
_SUBSCRIPTION = f"{_TOPIC}/eventSubscriptions"
_OWN_SUBSCRIPTION = "Microsoft.EventGrid/topics/eventSubscriptions"
_CONFIG = "Microsoft.Web/sites/config"
_COMPONENT = "Microsoft.Insights/components"
_LOGS = "Microsoft.OperationalInsights/workspaces"
_OUR_TAG = "rollout-app"
_TAG = "data.ModelTags."

# By type: where a value stands, and what it must be.
WANTED: Mapping[str, Mapping[tuple[str, ...], object]] = {
    _TOPIC: {
        ("properties", "topicType"): f"{PROVIDER}.Workspaces",
        ("identity", "type"): "SystemAssigned",
    },
    _SUBSCRIPTION: {
        ("properties", "filter", "includedEventTypes"): [MODEL_REGISTERED],
        ("properties", "eventDeliverySchema"): "EventGridSchema",
    },
    _OWN_SUBSCRIPTION: {("properties", "eventDeliverySchema"): "CloudEventSchemaV1_0"},
    # rollout/adapters/events/lifecycle_events.py publishes CloudEvents.
    "Microsoft.EventGrid/topics": {("properties", "inputSchema"): "CloudEventSchemaV1_0"},
    _METRIC_ALERT: {
        ("properties", "enabled"): True,
        ("properties", "targetResourceType"): f"{PROVIDER}/workspaces/onlineEndpoints",
    },
    _LOG_ALERT: {("properties", "enabled"): True},
    _GROUP: {("properties", "enabled"): True},
}
SIGN_IN: Mapping[tuple[str, ...], object] = {
    ("properties", "platform", "enabled"): True,
    ("properties", "globalValidation", "requireAuthentication"): True,
    ("properties", "globalValidation", "unauthenticatedClientAction"): "Return401",
    ("properties", "identityProviders", "azureActiveDirectory", "enabled"): True,
}
_WITH_SIGN_IN = "main-sign-in"


def free_text_is_the_right_one(snapshots: Snapshots) -> list[str]:
    complaints = [
        f"{each}: {'.'.join(path)} is {each.value(*path)}, not {value}"
        for type_name, wanted in WANTED.items()
        for each in resources(snapshots, type_name)
        for path, value in wanted.items()
        if each.value(*path) != value
    ]
    kinds = sorted(f"{EVENT_TYPE_PREFIX}{kind}" for kind in (*TOLD_KINDS, *ANNOTATED_KINDS))
    return complaints + [
        f"{each}: it takes {found}, not {kinds}"
        for each in resources(snapshots, _OWN_SUBSCRIPTION)
        if sorted(found := each.value("properties", "filter", "includedEventTypes")) != kinds
    ]


def tags_are_looked_for_where_events_have_them(snapshots: Snapshots) -> list[str]:
    found = [
        (each, filtered)
        for each in resources(snapshots, _SUBSCRIPTION)
        for filtered in each.value("properties", "filter", "advancedFilters")
    ]
    complaints = [
        f"{each}: {filtered} is no filter on {_TAG}"
        for each, filtered in found
        if not filtered["key"].startswith(_TAG) or filtered["operatorType"] != "StringIn"
    ]
    return complaints if found else ["no profile filters by tags"]


def sign_in_is_asked_for_where_the_app_counts_on_it(snapshots: Snapshots) -> list[str]:
    complaints: list[str] = []
    rules = {
        each.profile: each
        for each in resources(snapshots, _CONFIG)
        if each.name.endswith("/authsettingsV2")
    }
    if rules.keys() != {_WITH_SIGN_IN}:
        complaints.append(f"sign-in is asked for in {sorted(rules)}, not in {_WITH_SIGN_IN}")
    complaints += [
        f"{each}: {'.'.join(path)} must be {value}"
        for each in rules.values()
        for path, value in SIGN_IN.items()
        if each.value(*path) != value
    ]
    return complaints + [
        f"{each}: SIGN_IN_ENABLED is {found}"
        for each in resources(snapshots, _CONFIG)
        if (found := each.value("properties", "SIGN_IN_ENABLED"))
        and found != ("true" if each.profile == _WITH_SIGN_IN else "false")
    ]


def our_topic_has_our_tag(snapshots: Snapshots) -> list[str]:
    """By it the hooks know a topic that they may deploy over and remove from everybody else's.

    The name of the app is unique in Azure; that of an environment is not.
    """
    made = {each.profile for each in resources(snapshots, _TOPIC)}
    wired = {each for each in snapshots if each.startswith("wiring-")} - {"wiring-foreign-topic"}
    complaints = [f"{each}: a topic is made or not" for each in sorted(made ^ wired)]
    for each in resources(snapshots, _TOPIC):
        subscribed = {
            subscription.name.rpartition("/")[2]
            for subscription in resources(snapshots, _SUBSCRIPTION)
            if subscription.profile == each.profile
        }
        if (found := each.value("tags", _OUR_TAG)) not in subscribed:
            complaints.append(f"{each}: {_OUR_TAG} is {found}, not the app {subscribed}")
    return complaints


def azd_finds_the_group(snapshots: Snapshots) -> list[str]:
    """By this tag; without it `azd deploy` and `azd down` look elsewhere."""
    return [
        f"{each}: it has no tag azd-env-name"
        for each in resources(snapshots, "Microsoft.Resources/resourceGroups")
        if each.value("tags", "azd-env-name") != "production"
    ]


def further_tags_are_on_everything(snapshots: Snapshots) -> list[str]:
    """Whatever can have tags has those that a policy demands."""
    return [
        f"{each}: it lacks the further tags"
        for profile in ("main-extra-tags", "wiring-long-names")
        for each in resources(snapshots, profile=profile)
        if (tags := each.value("tags")) is not None and tags.get("cost-center") != "4711"
    ]


def telemetry_is_kept_in_our_workspace(snapshots: Snapshots) -> list[str]:
    """The log alerts look there."""
    ours = {(each.profile, each.id) for each in resources(snapshots, _LOGS)}
    return [
        f"{each}: its logs are elsewhere"
        for each in resources(snapshots, _COMPONENT)
        if (each.profile, each.value("properties", "WorkspaceResourceId")) not in ours
    ]
