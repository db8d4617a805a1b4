"""checkov's complaints about the profiles that stay unfixed, each with its reason.

An entry that no longer fails must be removed: the test expects exactly these.
"""

from collections.abc import Iterator, Mapping

type Kind = tuple[str, str]
"""A check, and the type of the resource; of an app's configuration with its name."""

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_SITE = "Microsoft.Web/sites"
_PUBLIC = "reached from outside, by identities alone; the private profile closes it"
_NOT_OF_THE_SITE = "is about the site's web settings; this is a different part of them"

_SINGLE: Mapping[Kind, str] = {
    ("CKV_AZURE_193", "Microsoft.EventGrid/topics"): (
        "external subscribers need it; publishing needs the identity, keys are off"
    ),
    ("CKV_AZURE_35", _ACCOUNT): _PUBLIC,
    ("CKV_AZURE_59", _ACCOUNT): _PUBLIC,
    ("CKV_AZURE_206", _ACCOUNT): (
        "asks for a copy in another region; its rollouts would be of endpoints in this one"
    ),
    ("CKV_AZURE_225", "Microsoft.Web/serverfarms"): (
        "the parameter zoneRedundant: it costs twelve instances around the clock; the state is in "
        "zone-redundant storage, and a new instance continues from it"
    ),
    ("CKV_AZURE_222", _SITE): _PUBLIC,
    ("CKV_AZURE_17", _SITE): "action groups and Event Grid have no client certificates",
    ("CKV_AZURE_212", _SITE): (
        "Flex Consumption adds instances by itself; the parameter reliable keeps some ready"
    ),
    ("CKV_AZURE_213", _SITE): (
        "an external check every minute would keep an instance running; GET /api/health is "
        "available, and a missing tick raises an alert"
    ),
}
# For the app settings and the sign-in settings alike.
_OF_SETTINGS = ("13", "63", "65", "66", "80", "88", "222")
_SETTINGS = ("appsettings", "authsettingsV2")


def _exceptions() -> Iterator[tuple[Kind, str]]:
    yield from _SINGLE.items()
    for number in _OF_SETTINGS:
        for name in _SETTINGS:
            yield (f"CKV_AZURE_{number}", f"{_SITE}/config/{name}"), _NOT_OF_THE_SITE


EXCEPTIONS: Mapping[Kind, str] = dict(_exceptions())
