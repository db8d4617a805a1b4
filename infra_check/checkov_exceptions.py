"""What checkov complains about in `infra/` and we do not change, each with its reason.

An entry that no longer fails must go: the test wants exactly these.
"""

from collections.abc import Iterator, Mapping

from infra_check.checkov_run import Complaint

_APP = "modules/function-app.bicep"
_STORAGE = "modules/storage.bicep"
_TOPIC = "modules/lifecycle-topic.bicep"
_SITE = "Microsoft.Web/sites.app"
_PUBLIC = "the private profile is a parameter, and checkov does not work parameters out"
_NOT_OF_THE_SITE = "asks for the site's web settings, of which this is another part"

_SINGLE: Mapping[tuple[str, str, str], str] = {
    ("CKV_AZURE_193", _TOPIC, "Microsoft.EventGrid/topics.topic"): (
        "others subscribe to it; publishing needs the identity, keys are off"
    ),
    ("CKV_AZURE_191", _TOPIC, "Microsoft.EventGrid/topics.topic"): (
        "an identity is for delivering; where to, the subscriptions of others decide"
    ),
    ("CKV_AZURE_35", _STORAGE, "Microsoft.Storage/storageAccounts.account"): _PUBLIC,
    ("CKV_AZURE_206", _STORAGE, "Microsoft.Storage/storageAccounts.account"): (
        "wants a copy in another region; the rollouts it would hold are of endpoints in this one"
    ),
    ("CKV_AZURE_225", _APP, "Microsoft.Web/serverfarms.plan"): (
        "not to be had in every region; the state is in zone-redundant storage, and a new "
        "instance goes on from it"
    ),
    ("CKV_AZURE_67", _APP, _SITE): (
        "callers are alerts, events and people with small bodies; HTTP/2 would save them nothing"
    ),
    ("CKV_AZURE_18", _APP, _SITE): "the same question as CKV_AZURE_67",
    ("CKV_AZURE_222", _APP, _SITE): _PUBLIC,
    ("CKV_AZURE_17", _APP, _SITE): "action groups and Event Grid have no client certificates",
    ("CKV_AZURE_212", _APP, _SITE): (
        "Flex Consumption adds instances by itself; alwaysReadyHttpInstances keeps some warm"
    ),
    ("CKV_AZURE_213", _APP, _SITE): (
        "a check from outside every minute would keep an instance running; GET /api/health is "
        "there to be asked, and a missing tick is an alert"
    ),
    ("CKV_AZURE_70", _APP, "Microsoft.Web/sites/config.signInSettings"): (
        "crashes on a resource with a condition; a policy test asks for httpsOnly"
    ),
}
# Of the app settings and of the sign-in settings alike.
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
