"""Storage, app, topic and telemetry: no keys, no old TLS, no plain text, no passwords."""

from collections.abc import Iterator, Mapping

from infra_check.nodes import Expression, Text, Truth
from infra_check.program import Program
from tests.support.infra.policies.tracing import Place, places, texts

type Wanted = Mapping[tuple[str, ...], str]

STORAGE: Wanted = {
    ("properties", "allowSharedKeyAccess"): "false",
    ("properties", "allowBlobPublicAccess"): "false",
    ("properties", "allowCrossTenantReplication"): "false",
    ("properties", "defaultToOAuthAuthentication"): "true",
    ("properties", "supportsHttpsTrafficOnly"): "true",
    ("properties", "minimumTlsVersion"): "TLS1_2",
}
CONTAINER: Wanted = {("properties", "publicAccess"): "None"}
SITE: Wanted = {
    ("properties", "httpsOnly"): "true",
    ("properties", "siteConfig", "minTlsVersion"): "1.2",
    ("properties", "siteConfig", "ftpsState"): "Disabled",
    ("identity", "type"): "UserAssigned",
}
PUBLISHING: Wanted = {("properties", "allow"): "false"}
TOPIC: Wanted = {
    ("properties", "disableLocalAuth"): "true",
    ("properties", "minimumTlsVersionAllowed"): "1.2",
}
TELEMETRY: Wanted = {("properties", "DisableLocalAuth"): "true"}
_STORAGE_TYPE = "Microsoft.Storage/storageAccounts"


def storage_has_no_keys_and_no_public_blobs(program: Program) -> list[str]:
    container = f"{_STORAGE_TYPE}/blobServices/containers"
    return [*_all(program, _STORAGE_TYPE, STORAGE), *_all(program, container, CONTAINER)]


def the_app_speaks_tls_and_takes_no_passwords(program: Program) -> list[str]:
    policies = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
    named = {each for found in places(program, policies) for each in _name(program, found)}
    missing = [f"no policy for publishing by {each}" for each in {"ftp", "scm"} - named]
    return [
        *_all(program, "Microsoft.Web/sites", SITE),
        *_all(program, policies, PUBLISHING),
        *missing,
    ]


def topics_and_telemetry_take_no_keys(program: Program) -> list[str]:
    return [
        *_all(program, "Microsoft.EventGrid/topics", TOPIC),
        *_all(program, "Microsoft.Insights/components", TELEMETRY),
    ]


def _all(program: Program, type_name: str, wanted: Wanted) -> Iterator[str]:
    found = list(places(program, type_name))
    if not found:
        yield f"no {type_name} is made at all"
    for place in found:
        for path, value in wanted.items():
            given = place.value(*path)
            if not _is(program, place, given, value):
                yield f"{place}: {'.'.join(path)} must be {value}"


def _is(program: Program, place: Place, given: Expression | None, wanted: str) -> bool:
    # A literal in place: what must never differ must not hang on a parameter.
    return isinstance(given, Text | Truth) and texts(program, place.file, given) == {wanted}


def _name(program: Program, place: Place) -> set[str]:
    return texts(program, place.file, place.body.get("name"))
