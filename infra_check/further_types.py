"""The few types that the type data lack: the private profile's network, and what came later.

Only properties that the project sets or might set are listed: a missing one is a finding, to be
looked up and added. Source: the template references of their providers, versions as below. In the
notation a key that ends with `*` is required; what Azure sets itself is left out.
"""

from collections.abc import Mapping
from typing import Any

from infra_check.shapes import (
    RECORD,
    TEXT,
    TRUTH,
    Field,
    ListOf,
    Record,
    Shape,
    Text,
    Whole,
    field_of,
)

NETWORK = "2024-05-01"
DNS = "2024-06-01"
EVENT_GRID = "2025-02-15"
LOGS = "2025-02-01"
_GLOBAL = Text(frozenset({"global"}))
_ID = {"id*": TEXT}
_SET_BY_AZURE = ("id", "type", "apiVersion")
_READ_ONLY = Field(lambda: TEXT, read_only=True, deploy_time=True)
_REGIONAL = {"name*": TEXT, "location*": TEXT, "tags": RECORD}

_SUBNET = {
    "name*": TEXT,
    "properties*": {
        "addressPrefix*": TEXT,
        "networkSecurityGroup": _ID,
        "defaultOutboundAccess": TRUTH,
        "delegations": [{"name*": TEXT, "properties*": {"serviceName*": TEXT}}],
        "privateEndpointNetworkPolicies": Text(
            frozenset({"Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"})
        ),
        "privateLinkServiceNetworkPolicies": Text(frozenset({"Disabled", "Enabled"})),
        "serviceEndpoints": [{"service*": TEXT, "locations": [TEXT]}],
    },
}
_CONNECTION = {
    "name*": TEXT,
    "properties*": {"privateLinkServiceId*": TEXT, "groupIds*": [TEXT], "requestMessage": TEXT},
}
_TYPES: Mapping[str, Mapping[str, Any]] = {
    f"Microsoft.Network/networkSecurityGroups@{NETWORK}": {
        **_REGIONAL,
        "properties": {"securityRules": [RECORD], "flushConnection": TRUTH},
    },
    f"Microsoft.Network/virtualNetworks@{NETWORK}": {
        **_REGIONAL,
        "properties*": {"addressSpace*": {"addressPrefixes*": [TEXT]}, "subnets": [_SUBNET]},
    },
    f"Microsoft.Network/virtualNetworks/subnets@{NETWORK}": _SUBNET,
    f"Microsoft.Network/privateEndpoints@{NETWORK}": {
        **_REGIONAL,
        "properties*": {
            "subnet*": _ID,
            "customNetworkInterfaceName": TEXT,
            "privateLinkServiceConnections": [_CONNECTION],
            "manualPrivateLinkServiceConnections": [_CONNECTION],
        },
    },
    f"Microsoft.Network/privateEndpoints/privateDnsZoneGroups@{NETWORK}": {
        "name*": TEXT,
        "properties*": {
            "privateDnsZoneConfigs*": [{"name*": TEXT, "properties*": {"privateDnsZoneId*": TEXT}}]
        },
    },
    f"Microsoft.Network/privateDnsZones@{DNS}": {
        "name*": TEXT,
        "location*": _GLOBAL,
        "tags": RECORD,
        "properties": {},
    },
    f"Microsoft.EventGrid/topics/eventSubscriptions@{EVENT_GRID}": {
        "name*": TEXT,
        "properties*": {
            "destination": RECORD,
            "deadLetterWithResourceIdentity": RECORD,
            "eventDeliverySchema": Text(
                frozenset({"CloudEventSchemaV1_0", "CustomInputSchema", "EventGridSchema"})
            ),
            "filter": {"includedEventTypes": [TEXT]},
            "retryPolicy": {
                "maxDeliveryAttempts": Whole(least=1, most=30),
                "eventTimeToLiveInMinutes": Whole(least=1, most=1440),
            },
        },
    },
    f"Microsoft.OperationalInsights/workspaces/savedSearches@{LOGS}": {
        "name*": TEXT,
        "properties*": {
            "category*": TEXT,
            "displayName*": TEXT,
            "query*": TEXT,
            "functionAlias": TEXT,
            "functionParameters": TEXT,
            "version": Whole(),
        },
    },
    f"Microsoft.Network/privateDnsZones/virtualNetworkLinks@{DNS}": {
        "name*": TEXT,
        "location*": _GLOBAL,
        "tags": RECORD,
        "properties*": {
            "registrationEnabled*": TRUTH,
            "resolutionPolicy": Text(frozenset({"Default", "NxDomainRedirect"})),
            "virtualNetwork*": _ID,
        },
    },
}


def _shape(name: str, notation: Any) -> Shape:
    if isinstance(notation, list):
        return ListOf(_shape(name, notation[0]))
    if not isinstance(notation, Mapping):
        found: Shape = notation
        return found
    fields: dict[str, Field] = {}
    for key, value in notation.items():
        plain = key.rstrip("*")
        shape = _shape(f"{name}.{plain}", value)
        early = plain in {"name", "location"}
        fields[plain] = field_of(shape, required=key.endswith("*"), deploy_time=early)
    return Record(name, fields)


def further_bodies() -> dict[str, Shape]:
    """`type@version` -> the shape of its body; all of them are written at a resource group."""
    return {key: _body(key.partition("@")[0], value) for key, value in _TYPES.items()}


def _body(name: str, notation: Mapping[str, Any]) -> Record:
    shape = _shape(name, notation)
    assert isinstance(shape, Record)  # noqa: S101 - every entry above is an object
    return Record(name, {**dict.fromkeys(_SET_BY_AZURE, _READ_ONLY), **shape.fields})
