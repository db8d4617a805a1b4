"""checkov's complaints about `infra/` that stay unfixed, each with its reason.

An entry that no longer fails must be removed: the test expects exactly these.
"""

from collections.abc import Iterator, Mapping

from infra_check.checkov_run import Complaint

_APP = "modules/function-app.bicep"
_STORAGE = "modules/storage.bicep"
_TOPIC = "modules/lifecycle-topic.bicep"
_SITE = "Microsoft.Web/sites.app"
_PUBLIC = "the private profile is a parameter, and checkov does not resolve parameters"
_NOT_OF_THE_SITE = "is about the site's web settings; this is a different part of them"

_SINGLE: Mapping[tuple[str, str, str], str] = {
    ("CKV_AZURE_193", _TOPIC, "Microsoft.EventGrid/topics.topic"): (
        "external subscribers need it; publishing needs the identity, keys are off"
    ),
    ("CKV_AZURE_35", _STORAGE, "Microsoft.Storage/storageAccounts.account"): _PUBLIC,
    ("CKV_AZURE_206", _STORAGE, "Microsoft.Storage/storageAccounts.account"): (
        "asks for a copy in another region; its rollouts would be of endpoints in this one"
    ),
    ("CKV_AZURE_225", _APP, "Microsoft.Web/serverfarms.plan"): (
        "not available in every region; the state is in zone-redundant storage, and a new "
        "instance continues from it"
    ),
    ("CKV_AZURE_67", _APP, _SITE): (
        "alerts, events and operators send small bodies; HTTP/2 would save them nothing"
    ),
    ("CKV_AZURE_18", _APP, _SITE): "the same question as CKV_AZURE_67",
    ("CKV_AZURE_222", _APP, _SITE): _PUBLIC,
    ("CKV_AZURE_17", _APP, _SITE): "action groups and Event Grid have no client certificates",
    ("CKV_AZURE_212", _APP, _SITE): (
        "Flex Consumption adds instances by itself; alwaysReadyHttpInstances keeps some warm"
    ),
    ("CKV_AZURE_213", _APP, _SITE): (
        "an external check every minute would keep an instance running; GET /api/health is "
        "available, and a missing tick raises an alert"
    ),
    ("CKV_AZURE_70", _APP, "Microsoft.Web/sites/config.signInSettings"): (
        "crashes on a resource with a condition; a policy test requires httpsOnly"
    ),
}
# For the app settings and the sign-in settings alike.
_OF_SETTINGS = ("13", "63", "65", "66", "80", "88", "222")
_SETTINGS = ("settings", "signInSettings")


def _exceptions() -> Iterator[tuple[Complaint, str]]:
    for (check, path, resource), reason in _SINGLE.items():
        yield Complaint(check, path, resource), reason
    for number in _OF_SETTINGS:
        for name in _SETTINGS:
            resource = f"Microsoft.Web/sites/config.{name}"
            yield Complaint(f"CKV_AZURE_{number}", _APP, resource), _NOT_OF_THE_SITE


EXCEPTIONS: Mapping[Complaint, str] = dict(_exceptions())
