"""The real compiler, where there is one: our files, and slips in them that it must name."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from infra_check import check, digests, settings
from infra_check.compiler import NOT_FOUND, Compiler, CompilerError, find
from infra_check.profiles import Profile, profiles_in
from tests.support.infra.made import INFRA
from tests.support.infra.policies.naming import names_have_the_parts_of_their_type
from tests.support.paths import PROJECT

PROGRAM = find(os.environ, PROJECT)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=NOT_FOUND)

ZONES = 4
STORAGE, OWN_ROLES = "modules/storage.bicep", "modules/own-roles.bicep"
BUILT_IN = "param useBuiltInRoles = true\nparam endpoints"
# A file, the first place of a text in it, what it becomes, and the code of the message.
SLIPS = [
    ("main.bicep", "    sku: storageSku\n", "", "BCP035"),
    ("main.bicep", "    sku: storageSku\n", "    sku: storageSku\n    more: 1\n", "BCP037"),
    ("main.bicep", "    sku: storageSku\n", "    sku: logRetentionDays\n", "BCP036"),
    ("main.bicep", "storage.outputs.blobEndpoint", "storage.outputs.blobAddress", "BCP053"),
    ("main.bicep", "monitoring.outputs", "monitorin.outputs", "BCP057"),
    ("main.bicep", "modules/storage.bicep", "modules/storages.bicep", "BCP091"),
    ("main.bicep", "param storageSku string", "param storageSku strin", "BCP302"),
    ("main.bicep", "toLower(", "toLowr(", "BCP082"),
    ("main.bicep", "= 'Standard_ZRS'", "= 'Standard_XRS'", "BCP033"),
    ("main.bicep", "  scope: group\n", "  name: 'one'\n  scope: group\n", "no-module-name"),
    ("main.bicep", "'rg-${environmentName}'", "'rg-${utcNow()}'", "BCP065"),
    (
        "main.bicep",
        "    storageAccountName: storageAccountName\n",
        "    storageAccountName: last(split(storage.outputs.id, '/'))\n",
        "what-if-short-circuiting",
    ),
    (STORAGE, "allowBlobPublicAccess", "allowBlobPublicAcces", "BCP089"),
    (STORAGE, "Microsoft.Storage/storageAccounts@", "Microsoft.Storag/storageAccounts@", "BCP081"),
    (
        STORAGE,
        "storageAccounts@2025-01-01",
        "storageAccounts@2021-01-01",
        "use-recent-api-versions",
    ),
    (STORAGE, "param sku string\n", "param sku string\n\nparam spare string\n", "no-unused-params"),
    (STORAGE, "param tags tagsType", "param tags object", "use-user-defined-types"),
    (STORAGE, "output id string = account.id", "output id string = 1", "BCP033"),
    (
        STORAGE,
        "output id string = account.id",
        "output id string = account.listKeys().keys[0].value",
        "outputs-should-not-contain-secrets",
    ),
    ("wiring.bicep", ": endpoint.latencyP95Milliseconds", ": endpoint.latency", "BCP053"),
    ("profiles/wiring-default.bicepparam", ", latencyP95Milliseconds: 400", "", "BCP035"),
    ("profiles/main-private.bicepparam", "privateProfile = true", "privateProfil = true", "BCP259"),
]


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    assert PROGRAM is not None
    with Compiler(PROGRAM, settings.example(os.environ, INFRA)) as started:
        yield started


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    return copytree(INFRA, tmp_path / "infra", ignore=ignore_patterns("hooks"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer has {old!r}: rewrite the change"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_file_compiles_without_a_message(compiler: Compiler) -> None:
    assert check.compiled(compiler, INFRA) == []


def test_every_snapshot_is_what_the_files_say(compiler: Compiler) -> None:
    assert check.differing(compiler, INFRA) == []


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[3]} {slip[0]}")
def test_a_slip_is_named(compiler: Compiler, infra: Path, slip: tuple[str, str, str, str]) -> None:
    name, old, new, code = slip
    change(infra / name, old, new)

    assert code in {each.code for each in compiler.messages(infra / name)}


def test_an_api_version_that_grows_old_stops_no_deployment(compiler: Compiler, infra: Path) -> None:
    """The check fails on it, but a release that was right must deploy after two years too."""
    change(infra / STORAGE, "storageAccounts@2025-01-01", "storageAccounts@2021-01-01")

    assert compiler.template(infra / STORAGE)["resources"]


def test_a_crash_is_one_sentence(compiler: Compiler, infra: Path) -> None:
    change(infra / OWN_ROLES, "  parent: blobs\n  name: bundle", "  parent: bundle\n  name: bundle")

    with pytest.raises(CompilerError, match=r"failed on .*own-roles\.bicep: ") as raised:
        compiler.messages(infra / OWN_ROLES)

    assert "\n" not in str(raised.value)
    assert compiler.version()


def test_a_child_that_lost_its_parent_is_named_by_a_policy(compiler: Compiler, infra: Path) -> None:
    """Where a deployment alone knows the name, the compiler is silent, and so is its linter."""
    change(infra / "modules/private-dns.bicep", "  parent: zones[i]\n", "")
    profile = Profile(infra / "profiles/main-private.bicepparam")
    assert compiler.messages(infra / "modules/private-dns.bicep") == frozenset()

    snapshot = compiler.snapshot(profile.parameters, profile.metadata())

    complaints = names_have_the_parts_of_their_type({profile.name: snapshot})
    assert len(complaints) == ZONES
    assert all("virtualNetworkLinks" in each for each in complaints)


def test_a_role_on_endpoints_is_refused_with_built_in_roles(
    compiler: Compiler, infra: Path
) -> None:
    """Those are assigned on the workspace: the narrower scope that was asked for would be none."""
    change(infra / "profiles/access-on-endpoints.bicepparam", "param endpoints", BUILT_IN)
    profile = Profile(infra / "profiles/access-on-endpoints.bicepparam")

    with pytest.raises(CompilerError, match="ROLE_ON_ENDPOINTS does not go with USE_BUILT_IN"):
        compiler.snapshot(profile.parameters, profile.metadata())


def test_a_slip_is_a_readable_difference(compiler: Compiler, infra: Path) -> None:
    change(infra / STORAGE, "'TLS1_2'", "'TLS1_1'")
    only(infra, "main-default")

    (found,) = check.differing(compiler, infra)

    assert '-        "minimumTlsVersion": "TLS1_2",' in found
    assert '+        "minimumTlsVersion": "TLS1_1",' in found


def test_snapshots_are_written_with_their_digests(compiler: Compiler, infra: Path) -> None:
    change(infra / STORAGE, "'Hot'", "'Cool'")
    only(infra, "main-default", "access-default")
    assert digests.stale(infra)

    assert check.write(compiler, infra) == ["main-default.snapshot.json"]
    assert digests.stale(infra) == []


def only(infra: Path, *names: str) -> None:
    """Take all profiles but these away."""
    for each in profiles_in(infra):
        if each.name not in names:
            each.parameters.unlink()
            each.stored.unlink()


# (file, what waits) -> what it waits for. Reasons stand in the files, beside dependsOn.
ORDER: Mapping[tuple[str, str], frozenset[str]] = {
    ("main", "reading"): frozenset({"monitoring"}),
    ("main", "ownRoles"): frozenset({"storage", "lifecycleTopic", "monitoring"}),
    ("main", "storage"): frozenset({"monitoring"}),
    ("main", "locks"): frozenset({"storage", "monitoring"}),
    ("main", "app"): frozenset({"monitoring", "ownRoles", "network", "storageEndpoints"}),
    ("main", "appEndpoint"): frozenset({"app", "network", "zones"}),
    ("main", "storageEndpoints"): frozenset({"storage", "network", "zones"}),
    ("main", "zones"): frozenset({"network"}),
    ("wiring", "topicGrants"): frozenset({"systemTopic"}),
    ("wiring", "eventSubscription"): frozenset({"systemTopic", "topicGrants"}),
    ("wiring", "endpointAlerts"): frozenset({"people", "rollback"}),
    ("wiring", "watch"): frozenset({"people"}),
    ("modules/function-app", "signInSettings"): frozenset({"settings"}),
}


def missing(compiler: Compiler, infra: Path) -> set[tuple[str, str, str]]:
    """Who does not wait for whom: for himself, or through others that wait."""
    found: set[tuple[str, str, str]] = set()
    for file in {file for file, _ in ORDER}:
        made = compiler.template(infra / f"{file}.bicep")["resources"]
        waits = {name: set(each.get("dependsOn", ())) for name, each in made.items()}
        for _ in waits:
            waits = {
                name: direct.union(*(waits.get(each, set()) for each in direct))
                for name, direct in waits.items()
            }
        found |= {
            (file, waiting, each)
            for (of, waiting), needed in ORDER.items()
            if of == file
            for each in needed - waits[waiting]
        }
    return found


def test_everything_waits_for_what_it_needs(compiler: Compiler) -> None:
    assert missing(compiler, INFRA) == set()


@pytest.mark.parametrize(
    ("slip", "lost"),
    [
        (
            ("wiring.bicep", "dependsOn: [people, rollback]", "dependsOn: [people]"),
            ("wiring", "endpointAlerts", "rollback"),
        ),
        (
            ("main.bicep", "dependsOn: [ownRoles, network, ", "dependsOn: [network, "),
            ("main", "app", "ownRoles"),
        ),
        (
            ("modules/function-app.bicep", "  dependsOn: [settings]\n", ""),
            ("modules/function-app", "signInSettings", "settings"),
        ),
    ],
)
def test_an_order_that_is_lost_is_found(
    compiler: Compiler, infra: Path, slip: tuple[str, str, str], lost: tuple[str, str, str]
) -> None:
    name, old, new = slip
    change(infra / name, old, new)

    assert lost in missing(compiler, infra)
