"""What azd runs around the templates: settings, outputs, and scripts that a plain sh can read."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.support.infra.made import INFRA, own_snapshots, resources
from tests.support.infra.policies.hooks import (
    hooks_deploy_the_settings,
    hooks_use_outputs_that_exist,
    own_scripts,
    own_settings,
    required_settings_come_from_somewhere,
    settings_give_every_parameter,
)
from tests.support.infra.templates import own_templates
from tests.support.paths import PROJECT


def test_hooks_deploy_the_settings() -> None:
    assert hooks_deploy_the_settings(own_settings(), own_scripts()) == []


def test_azd_is_one_that_takes_no_group_of_another_project() -> None:
    """1.31.2 mended Azure/azure-dev#8701; and it prefers main.bicepparam to main.bicep."""
    described = yaml.safe_load((PROJECT / "azure.yaml").read_text(encoding="utf-8"))

    assert described["requiredVersions"] == {"azd": ">= 1.31.2"}
    assert described["infra"] == {"provider": "bicep", "path": "infra", "module": "main"}
    assert "main.bicepparam" in own_settings()


def test_every_parameter_has_a_setting() -> None:
    assert settings_give_every_parameter(own_templates(), own_settings()) == []


def test_required_settings_come_from_somewhere() -> None:
    assert required_settings_come_from_somewhere(own_templates(), own_settings()) == []


def test_the_hooks_use_outputs_that_exist() -> None:
    assert hooks_use_outputs_that_exist(own_templates(), own_scripts()) == []


@pytest.mark.parametrize(
    ("script", "old", "new"),
    [
        ("wire.sh", "/../wiring.bicepparam", "/../wirings.bicepparam"),
        ("wire.sh", '/../wiring.bicepparam"', '/../wiring.bicepparam" noticeAlert=false'),
        ("postprovision.sh", "/../access.bicepparam", "/../wiring.bicepparam"),
    ],
)
def test_a_slip_in_what_a_hook_deploys_is_found(script: str, old: str, new: str) -> None:
    scripts = own_scripts()
    assert old in scripts[script]
    scripts[script] = scripts[script].replace(old, new, 1)

    assert hooks_deploy_the_settings(own_settings(), scripts)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("wiring.bicepparam", "using 'wiring.bicep'", "using 'access.bicep'"),
        ("main.bicepparam", "param location", "param region"),
        ("main.bicepparam", "param storageSku", "var storageSku"),
    ],
)
def test_a_slip_in_the_settings_is_found(file: str, old: str, new: str) -> None:
    settings = own_settings()
    assert old in settings[file]
    settings[file] = settings[file].replace(old, new, 1)

    assert settings_give_every_parameter(own_templates(), settings)


def test_a_required_setting_that_nothing_gives_is_found() -> None:
    settings = own_settings()
    settings["wiring.bicepparam"] += "param more = readEnvironmentVariable('MORE')\n"

    assert required_settings_come_from_somewhere(own_templates(), settings) == [
        "nothing gives MORE"
    ]


@pytest.mark.parametrize(
    ("file", "output"),
    [
        ("main.bicep", "CONTROLLER_PRINCIPAL_ID"),
        ("main.bicep", "EVENTS_IDENTITY_ID"),
        ("wiring.bicep", "systemTopicName"),
        ("access.bicep", "roleName"),
    ],
)
def test_an_output_that_a_hook_needs_and_that_is_renamed_is_found(file: str, output: str) -> None:
    found = own_templates()[file]
    assert output in found.outputs
    changed = {**own_templates(), file: replace(found, outputs=found.outputs - {output})}

    assert hooks_use_outputs_that_exist(changed, own_scripts())


def test_a_parameter_without_a_setting_is_found() -> None:
    asking = own_templates()["wiring.bicep"].and_asks("more")

    assert settings_give_every_parameter(
        {**own_templates(), "wiring.bicep": asking}, own_settings()
    )


@pytest.mark.parametrize("script", sorted(own_scripts()))
def test_a_plain_shell_reads_each_hook(script: str) -> None:
    shell = shutil.which("dash") or shutil.which("sh")
    assert shell is not None

    finished = subprocess.run(
        [shell, "-n", str(INFRA / "hooks" / script)], capture_output=True, text=True, check=False
    )

    assert (finished.returncode, finished.stderr) == (0, "")


def test_a_shell_refuses_a_hook_that_was_broken(tmp_path: Path) -> None:
    broken = tmp_path / "wire.sh"
    broken.write_text(f"{own_scripts()['wire.sh']}\nif true; then\n")

    finished = subprocess.run(["sh", "-n", str(broken)], capture_output=True, check=False)  # noqa: S607

    assert finished.returncode != 0


def said(function: str, *words: str, **environment: str) -> str:
    """What a function that hooks share prints."""
    script = f'. infra/hooks/common.sh; . infra/hooks/topic.sh; {function} "$@"'
    return subprocess.run(
        ["sh", "-c", script, "sh", *words],  # noqa: S607
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.mark.parametrize("profile", ["wiring-default", "wiring-underscore"])
def test_the_hooks_know_the_topic_by_the_name_that_it_gets(profile: str) -> None:
    outputs = own_snapshots()[profile]["outputs"]
    source = next(
        each.value("properties", "source")
        for each in resources(own_snapshots(), "Microsoft.EventGrid/systemTopics", profile)
    )
    workspace = source.rpartition("/")[2]

    assert said("own_topic_name", AZUREML_WORKSPACE_NAME=workspace) == outputs["systemTopicName"]


def test_the_hooks_know_the_network_by_the_name_that_it_gets() -> None:
    networks = resources(own_snapshots(), "Microsoft.Network/virtualNetworks")
    network = next(each for each in networks if each.profile == "main-private")
    site = next(resources(own_snapshots(), "Microsoft.Web/sites", network.profile))

    assert network.name == f"vnet-{site.name.removeprefix('func-')}"
    assert "/virtualNetworks/vnet-${FUNCTION_APP_NAME#func-}/" in own_scripts()["predown.sh"]
    assert "app" in {each["name"] for each in network.value("properties", "subnets")}
