"""What the real compiler makes of settings, where there is one: the parameters of a deployment."""

import os
from collections.abc import Mapping
from typing import Any

import pytest

from infra_check import settings
from infra_check.compiler import NOT_FOUND, CompilationError, Compiler, find
from tests.support.infra.made import INFRA
from tests.support.infra.policies.hooks import own_settings, settings_read
from tests.support.paths import PROJECT

PROGRAM = find(os.environ, PROJECT)
needs_compiler = pytest.mark.skipif(PROGRAM is None, reason=NOT_FOUND)
ANN, BOT, TEAM = (f"{digit * 8}-2222-2222-2222-222222222222" for digit in "123")
PATH = "/subscriptions/s/resourceGroups/rg/providers"


def compiled(*names: str, **given: str) -> list[dict[str, Any]]:
    """The parameters that each file gives with these settings."""
    assert PROGRAM is not None
    with Compiler(PROGRAM, settings.example(os.environ, INFRA) | given) as compiler:
        return [compiler.parameters(INFRA / f"{name}.bicepparam") for name in names]


def said(*names: str, **given: str) -> list[str]:
    """What the compiler says about settings that it refuses, for each file."""
    assert PROGRAM is not None
    paths = [INFRA / f"{name}.bicepparam" for name in names]
    with Compiler(PROGRAM, settings.example(os.environ, INFRA) | given) as compiler:
        for path in paths:
            with pytest.raises(CompilationError):
                compiler.parameters(path)
        return ["\n".join(map(str, compiler.messages(path))) for path in paths]


def part(found: Mapping[str, Any], of: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in of}


@needs_compiler
def test_an_empty_setting_is_none_and_everything_is_as_documented() -> None:
    main = {
        "environmentName": "rollout-production",
        "resourceGroupName": "",
        "extraTags": {},
        "assignRoles": True,
        "instanceMemoryMB": 2048,
        "maximumInstanceCount": 40,
        "storageSku": "Standard_ZRS",
        "logRetentionDays": 30,
        "rolloutsSuspended": False,
        "reliable": False,
        "zoneRedundant": False,
        "deleteLocks": False,
        "bundlePublishers": [],
        "allowedNetworks": [],
        "privateProfile": False,
        "createNatGateway": True,
        "networkAddressPrefix": "10.90.0.0/24",
        "createPrivateDnsZones": True,
    }
    access = {
        "assignRoles": True,
        "useBuiltInRoles": False,
        "workspaceStorageId": "",
        "trafficLogWorkspaceIds": [],
        "endpointIdentityIds": [],
        "templatesBuildEnvironments": False,
        "templatesCollectData": False,
        "endpointsEnforceSecrets": False,
        "registryIds": [],
        "roleOnEndpoints": [],
    }
    wiring = {
        "extraTags": {},
        "modelTagFilters": [],
        "alertedEndpoints": [],
        "skippedEndpoints": [],
        "attentionEmails": [],
        "overloadPerMinute": 10,
        "noticeAlert": True,
    }
    optional = [name for name, required in settings.read(INFRA).items() if not required]
    found = compiled("main", "access", "wiring", **dict.fromkeys(optional, ""))

    wanted = (main, access, wiring)
    assert [part(a, b) for a, b in zip(found, wanted, strict=True)] == list(wanted)


@needs_compiler
def test_one_entry_is_a_list_of_one_and_switches_are_read_as_the_hooks_read_them() -> None:
    main, access, wiring = compiled(
        "main",
        "access",
        "wiring",
        AZURE_PRINCIPAL_ID=ANN,
        ALLOWED_NETWORKS="203.0.113.0/24",
        ROLE_ON_ENDPOINTS="fraud",
        TRAFFIC_LOG_WORKSPACE_IDS=f"{PATH}/logs/a",
        MODEL_TAG_FILTERS="stage=production",
        ALERTED_ENDPOINTS="fraud",
        ATTENTION_EMAILS="a@example.com",
        EXTRA_TAGS="owner=ml platform",
        INSTANCE_MEMORY_MB="512",
        MAXIMUM_INSTANCE_COUNT="100",
        STORAGE_SKU="Standard_LRS",
        PRIVATE_PROFILE="True",
        CREATE_PRIVATE_DNS_ZONES="0",
        ROLLOUTS_SUSPENDED="TRUE",
        RELIABLE="true",
        ZONE_REDUNDANT="1",
        DELETE_LOCKS="True",
        CREATE_NAT_GATEWAY="false",
        USE_BUILT_IN_ROLES="1",
        TEMPLATES_BUILD_ENVIRONMENTS="true",
        TEMPLATES_COLLECT_DATA="TRUE",
        ENDPOINTS_ENFORCE_SECRETS="1",
        ASSIGN_ROLES="False",
        NOTICE_ALERT="false",
        SERVER_ERRORS_PER_MINUTE="7",
    )

    assert main["bundlePublishers"] == [{"id": ANN, "type": "User"}], "who is signed in, says azd"
    assert main["allowedNetworks"] == ["203.0.113.0/24"]
    assert access["roleOnEndpoints"] == ["fraud"]
    assert access["trafficLogWorkspaceIds"] == [f"{PATH}/logs/a"]
    assert wiring["modelTagFilters"] == [{"key": "stage", "values": ["production"]}]
    assert wiring["alertedEndpoints"] == [{"name": "fraud", "latencyP95Milliseconds": 1000}]
    assert wiring["attentionEmails"] == ["a@example.com"]
    assert wiring["extraTags"] == {"owner": "ml platform"}

    assert part(main, {"instanceMemoryMB": 0, "maximumInstanceCount": 0, "storageSku": 0}) == {
        "instanceMemoryMB": 512,
        "maximumInstanceCount": 100,
        "storageSku": "Standard_LRS",
    }
    assert (main["privateProfile"], main["createPrivateDnsZones"]) == (True, False)
    assert (main["rolloutsSuspended"], main["assignRoles"]) == (True, False)
    assert (main["reliable"], main["zoneRedundant"], main["deleteLocks"]) == (True, True, True)
    assert main["createNatGateway"] is False
    on = ("templatesBuildEnvironments", "templatesCollectData", "endpointsEnforceSecrets")
    assert [access[name] for name in on] == [True, True, True]
    assert (access["useBuiltInRoles"], access["assignRoles"]) == (True, False)
    assert (wiring["noticeAlert"], wiring["serverErrorsPerMinute"]) == (False, 7)


@needs_compiler
def test_commas_may_have_spaces_and_nothing_around_them() -> None:
    main, access, wiring = compiled(
        "main",
        "access",
        "wiring",
        AZURE_PRINCIPAL_ID=ANN,
        BUNDLE_PUBLISHERS=f"{BOT}:ServicePrincipal, {ANN} : User,{TEAM}:Group",
        ALLOWED_NETWORKS="203.0.113.0/24, 198.51.100.7/32",
        ROLE_ON_ENDPOINTS="fraud , churn",
        REGISTRY_IDS=f"{PATH}/registries/a,{PATH}/registries/b",
        TRAFFIC_LOG_WORKSPACE_IDS=f"{PATH}/logs/a , {PATH}/logs/b,",
        ENDPOINT_IDENTITY_IDS=f",{PATH}/identities/A,{PATH}/identities/b,{PATH}/identities/a",
        MODEL_TAG_FILTERS='stage=production| staging, team="fraud\\ops" ,note=a=b',
        ALERTED_ENDPOINTS="fraud=800, churn ,slow = 30000",
        SKIPPED_ENDPOINTS="unborn,gone",
        ATTENTION_EMAILS="a@example.com,, b@example.com",
        ATTENTION_ACTION_GROUP_IDS=f"{PATH}/groups/a,{PATH}/groups/b",
        EXTRA_TAGS="cost-center=4711, owner = ml platform,rule=a=b",
    )

    assert main["bundlePublishers"] == [
        {"id": BOT, "type": "ServicePrincipal"},
        {"id": ANN, "type": "User"},
        {"id": TEAM, "type": "Group"},
    ]
    assert main["allowedNetworks"] == ["203.0.113.0/24", "198.51.100.7/32"]
    assert access["roleOnEndpoints"] == ["fraud", "churn"]
    assert access["registryIds"] == [f"{PATH}/registries/a", f"{PATH}/registries/b"]
    assert access["trafficLogWorkspaceIds"] == [f"{PATH}/logs/a", f"{PATH}/logs/b"]
    assert access["endpointIdentityIds"] == [f"{PATH}/identities/A", f"{PATH}/identities/b"]
    assert wiring["modelTagFilters"] == [
        {"key": "stage", "values": ["production", "staging"]},
        {"key": "team", "values": ['"fraud\\ops"']},
        {"key": "note", "values": ["a=b"]},
    ]
    assert wiring["alertedEndpoints"] == [
        {"name": "fraud", "latencyP95Milliseconds": 800},
        {"name": "churn", "latencyP95Milliseconds": 1000},
        {"name": "slow", "latencyP95Milliseconds": 30000},
    ]
    assert wiring["skippedEndpoints"] == ["unborn", "gone"]
    assert wiring["attentionEmails"] == ["a@example.com", "b@example.com"]
    assert wiring["attentionActionGroupIds"] == [f"{PATH}/groups/a", f"{PATH}/groups/b"]
    tags = {"cost-center": "4711", "owner": "ml platform", "rule": "a=b"}
    assert (main["extraTags"], wiring["extraTags"]) == (tags, tags)


@needs_compiler
def test_what_is_no_such_value_does_not_compile() -> None:
    main, wiring = said(
        "main",
        "wiring",
        INSTANCE_MEMORY_MB="1024",
        STORAGE_SKU="Premium_LRS",
        PRIVATE_PROFILE="yes",
        LOG_RETENTION_DAYS="month",
        EXTRA_TAGS="owner",
        BUNDLE_PUBLISHERS=f"{ANN}:Robot",
        AZUREML_WORKSPACE_NAME="",
        ALERTED_ENDPOINTS="fraud=fast",
        MODEL_TAG_FILTERS="stage",
    )

    words = (
        '"1024"',
        "'Premium_LRS'",
        '"privateProfile"',
        "'month'",
        '"extraTags"',
        "Robot",
        "too short",
    )
    assert [word for word in words if word not in main] == []
    assert [word for word in ("'fast'", '"modelTagFilters"') if word not in wiring] == []


def test_the_example_has_every_required_setting_and_no_other() -> None:
    assert settings.read(INFRA) == settings_read(own_settings())
    assert {name for name, required in settings.read(INFRA).items() if required} == set(
        settings.REQUIRED
    )


def test_the_example_takes_nothing_from_the_environment_that_the_files_read() -> None:
    given = {"PATH": "/bin", "STORAGE_SKU": "x", "AZURE_ENV_NAME": "mine"}
    assert settings.example(given, INFRA) == {"PATH": "/bin", **settings.REQUIRED}
