"""Storage, app, topic and telemetry: no keys, no old TLS, no plain text, no passwords."""

from collections.abc import Mapping

from tests.support.infra.made import Snapshots, resources

type Wanted = Mapping[str, Mapping[tuple[str, ...], object]]

STORAGE: Wanted = {
    "Microsoft.Storage/storageAccounts": {
        ("properties", "allowSharedKeyAccess"): False,
        ("properties", "allowBlobPublicAccess"): False,
        ("properties", "allowCrossTenantReplication"): False,
        ("properties", "defaultToOAuthAuthentication"): True,
        ("properties", "supportsHttpsTrafficOnly"): True,
        ("properties", "minimumTlsVersion"): "TLS1_2",
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {
        ("properties", "publicAccess"): "None"
    },
}
_PUBLISHING = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
APP: Wanted = {
    "Microsoft.Web/sites": {
        ("properties", "httpsOnly"): True,
        ("properties", "siteConfig", "minTlsVersion"): "1.2",
        ("properties", "siteConfig", "scmMinTlsVersion"): "1.2",
        ("properties", "siteConfig", "http20Enabled"): True,
        ("properties", "siteConfig", "ftpsState"): "Disabled",
        ("properties", "siteConfig", "remoteDebuggingEnabled"): False,
        ("properties", "clientAffinityEnabled"): False,
        ("identity", "type"): "UserAssigned",
    },
    _PUBLISHING: {("properties", "allow"): False},
}
KEYLESS: Wanted = {
    "Microsoft.EventGrid/topics": {
        ("properties", "disableLocalAuth"): True,
        ("properties", "minimumTlsVersionAllowed"): "1.2",
    },
    "Microsoft.Insights/components": {("properties", "DisableLocalAuth"): True},
    "Microsoft.OperationalInsights/workspaces": {
        ("properties", "features", "disableLocalAuth"): True
    },
}


def storage_has_no_keys_and_no_public_blobs(snapshots: Snapshots) -> list[str]:
    return _differing(snapshots, STORAGE)


def the_app_speaks_tls_and_takes_no_passwords(snapshots: Snapshots) -> list[str]:
    policies = {each.name.rpartition("/")[2] for each in resources(snapshots, _PUBLISHING)}
    missing = [f"no policy for publishing by {each}" for each in {"ftp", "scm"} - policies]
    return [*_differing(snapshots, APP), *missing]


def topics_and_telemetry_take_no_keys(snapshots: Snapshots) -> list[str]:
    return _differing(snapshots, KEYLESS)


def _differing(snapshots: Snapshots, wanted: Wanted) -> list[str]:
    return [
        f"{each}: {'.'.join(path)} is {each.value(*path)}, not {value}"
        for type_name, values in wanted.items()
        for each in resources(snapshots, type_name)
        for path, value in values.items()
        if each.value(*path) != value
    ]
