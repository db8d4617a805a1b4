"""The functions a Bicep file may call: how many arguments, and what comes back.

Source: the function reference of the Bicep documentation. Functions of modules that only make sense
for files that the project lacks (`loadYamlContent` and the like) are listed too: an unknown name
must be a mistake, never a gap here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from infra_check.shapes import (
    ANYTHING,
    LIST,
    RECORD,
    TEXT,
    TRUTH,
    WHOLE,
    ListOf,
    Record,
    ScopeShape,
    Shape,
    field_of,
)

MANY = 99


@dataclass(frozen=True)
class Signature:
    """`most` MANY: any number of arguments."""

    least: int
    most: int
    returns: Shape


def _record(name: str, /, **fields: Shape) -> Record:
    return Record(name, {key: field_of(shape) for key, shape in fields.items()})


_GROUP = _record(
    "resourceGroup",
    id=TEXT,
    name=TEXT,
    type=TEXT,
    location=TEXT,
    managedBy=TEXT,
    tags=RECORD,
    properties=_record("properties", provisioningState=TEXT),
)
_SUBSCRIPTION = _record(
    "subscription", id=TEXT, subscriptionId=TEXT, tenantId=TEXT, displayName=TEXT
)
_TENANT = _record("tenant", tenantId=TEXT, displayName=TEXT, countryCode=TEXT)
_SUFFIXES = _record(
    "suffixes",
    acrLoginServer=TEXT,
    azureDatalakeAnalyticsCatalogAndJob=TEXT,
    azureDatalakeStoreFileSystem=TEXT,
    keyvaultDns=TEXT,
    sqlServerHostname=TEXT,
    storage=TEXT,
)
_ENVIRONMENT = _record(
    "environment",
    name=TEXT,
    resourceManager=TEXT,
    portal=TEXT,
    graph=TEXT,
    suffixes=_SUFFIXES,
    authentication=_record(
        "authentication", loginEndpoint=TEXT, audiences=ListOf(TEXT), tenant=TEXT
    ),
)
_DEPLOYER = _record("deployer", objectId=TEXT, tenantId=TEXT, userPrincipalName=TEXT)
_DEPLOYMENT = _record("deployment", name=TEXT, location=TEXT, properties=RECORD)

RESOURCE_GROUP = ScopeShape("resourceGroup", _GROUP)
SUBSCRIPTION = ScopeShape("subscription", _SUBSCRIPTION)

_TEXTS = {
    "base64": (1, 1),
    "base64ToString": (1, 1),
    "dataUri": (1, 1),
    "dataUriToString": (1, 1),
    "dateTimeAdd": (2, 3),
    "dateTimeFromEpoch": (1, 1),
    "extensionResourceId": (3, MANY),
    "format": (1, MANY),
    "guid": (1, MANY),
    "join": (2, 2),
    "loadFileAsBase64": (1, 1),
    "loadTextContent": (1, 2),
    "managementGroupResourceId": (2, MANY),
    "newGuid": (0, 0),
    "padLeft": (2, 3),
    "replace": (3, 3),
    "resourceId": (2, MANY),
    "string": (1, 1),
    "subscriptionResourceId": (2, MANY),
    "substring": (2, 3),
    "tenantResourceId": (2, MANY),
    "toLower": (1, 1),
    "toUpper": (1, 1),
    "trim": (1, 1),
    "uniqueString": (1, MANY),
    "uri": (2, 2),
    "uriComponent": (1, 1),
    "uriComponentToString": (1, 1),
    "utcNow": (0, 1),
    "buildUri": (1, 1),
}
_NUMBERS = {
    "dateTimeToEpoch": (1, 1),
    "indexOf": (2, 2),
    "int": (1, 1),
    "lastIndexOf": (2, 2),
    "length": (1, 1),
    "max": (1, MANY),
    "min": (1, MANY),
}
_TRUTHS = {
    "bool": (1, 1),
    "contains": (2, 2),
    "empty": (1, 1),
    "endsWith": (2, 2),
    "startsWith": (2, 2),
}
_LISTS = {
    "chunk": (2, 2),
    "cidrSubnetList": (2, 2),
    "flatten": (1, 1),
    "intersectionOfArrays": (1, MANY),
    "items": (1, 1),
    "objectKeys": (1, 1),
    "pickZones": (3, 5),
    "range": (2, 2),
    "sort": (2, 2),
    "split": (2, 2),
}
_RECORDS = {
    "groupBy": (2, 2),
    "mapValues": (2, 2),
    "parseCidr": (1, 1),
    "parseUri": (1, 1),
    "shallowMerge": (1, 1),
    "toObject": (2, 3),
}
# What these return depends on their arguments; inference knows the common ones.
_FOLLOWING = {
    "any": (1, 1),
    "array": (1, 1),
    "cidrHost": (2, 2),
    "cidrSubnet": (3, 3),
    "coalesce": (1, MANY),
    "concat": (1, MANY),
    "externalInput": (1, 2),
    "fail": (1, 1),
    "filter": (2, 2),
    "first": (1, 1),
    "getSecret": (1, 4),
    "intersection": (2, MANY),
    "json": (1, 1),
    "last": (1, 1),
    "list": (2, 3),
    "listAccountSas": (2, 3),
    "listKeys": (2, 3),
    "listSecrets": (2, 3),
    "loadJsonContent": (1, 3),
    "loadYamlContent": (1, 3),
    "map": (2, 2),
    "nameof": (1, 1),
    "providers": (1, 2),
    "readEnvironmentVariable": (1, 2),
    "reduce": (3, 3),
    "reference": (1, 3),
    "skip": (2, 2),
    "take": (2, 2),
    "tryGet": (2, MANY),
    "tryIndexFromEnd": (2, 2),
    "union": (2, MANY),
}
_SCOPES: Mapping[str, tuple[int, int, Shape]] = {
    "deployer": (0, 0, _DEPLOYER),
    "deployment": (0, 0, _DEPLOYMENT),
    "environment": (0, 0, _ENVIRONMENT),
    "managementGroup": (0, 1, ScopeShape("managementGroup", _TENANT)),
    "resourceGroup": (0, 2, RESOURCE_GROUP),
    "subscription": (0, 1, SUBSCRIPTION),
    "tenant": (0, 0, ScopeShape("tenant", _TENANT)),
}

FUNCTIONS: Mapping[str, Signature] = {
    **{name: Signature(*counts, TEXT) for name, counts in _TEXTS.items()},
    **{name: Signature(*counts, WHOLE) for name, counts in _NUMBERS.items()},
    **{name: Signature(*counts, TRUTH) for name, counts in _TRUTHS.items()},
    **{name: Signature(*counts, LIST) for name, counts in _LISTS.items()},
    **{name: Signature(*counts, RECORD) for name, counts in _RECORDS.items()},
    **{name: Signature(*counts, ANYTHING) for name, counts in _FOLLOWING.items()},
    **{name: Signature(*found) for name, found in _SCOPES.items()},
}
# `range` counts, `split` cuts text, `objectKeys` are text.
ITEM_OF: Mapping[str, Shape] = {
    "cidrSubnetList": TEXT,
    "items": _record("item", key=TEXT, value=ANYTHING),
    "objectKeys": TEXT,
    "range": WHOLE,
    "split": TEXT,
}
# Allowed in the default of a parameter only (Bicep refuses them elsewhere).
ONLY_IN_DEFAULTS = frozenset({"newGuid", "utcNow"})
# Known only while the deployment runs.
RUNTIME = frozenset({"getSecret", "list", "listAccountSas", "listKeys", "listSecrets", "reference"})
# Text arguments of these are checked: a list or object is a mistake.
TEXT_ARGUMENTS = frozenset(
    {"toLower", "toUpper", "trim", "replace", "uriComponent", "base64", "uniqueString", "guid"}
)
