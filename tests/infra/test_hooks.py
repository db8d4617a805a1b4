"""What azd runs around the templates: parameters, outputs, and scripts that a plain sh can read."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.infra.made import INFRA
from tests.support.infra.policies.hooks import (
    deployments_give_what_templates_ask,
    hooks_use_outputs_that_exist,
    own_scripts,
)
from tests.support.infra.templates import own_templates

PARAMETERS = INFRA / "main.parameters.json"


def test_deployments_give_what_the_templates_ask_for() -> None:
    assert deployments_give_what_templates_ask(own_templates(), own_scripts()) == []


def test_the_hooks_use_outputs_that_exist() -> None:
    assert hooks_use_outputs_that_exist(own_templates(), own_scripts()) == []


@pytest.mark.parametrize(
    ("script", "old", "new"),
    [
        ("wire.sh", "workspaceName=", "workspaceNames="),
        ("wire.sh", '        eventsIdentityId="$EVENTS_IDENTITY_ID" \\\n', ""),
        ("wire.sh", "/../wiring.bicep", "/../wirings.bicep"),
        ("postprovision.sh", "controllerPrincipalId=", "principalId="),
        ("postprovision.sh", "/../access.bicep", "/../wiring.bicep"),
    ],
)
def test_a_slip_in_what_a_hook_gives_is_found(script: str, old: str, new: str) -> None:
    scripts = own_scripts()
    assert old in scripts[script]
    scripts[script] = scripts[script].replace(old, new, 1)

    assert deployments_give_what_templates_ask(own_templates(), scripts)


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


def test_a_parameter_that_a_hook_does_not_know_is_found() -> None:
    asking = own_templates()["wiring.bicep"].and_asks("more")

    assert deployments_give_what_templates_ask(
        {**own_templates(), "wiring.bicep": asking}, own_scripts()
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


def given_by_azd() -> set[str]:
    return set(json.loads(PARAMETERS.read_text(encoding="utf-8"))["parameters"])


def test_the_parameters_file_matches_the_template() -> None:
    assert own_templates()["main.bicep"].compared(given_by_azd()) == []


@pytest.mark.parametrize("name", ["location", "workspaceName"])
def test_a_slip_in_the_parameters_file_is_found(name: str) -> None:
    assert len(own_templates()["main.bicep"].compared(given_by_azd() - {name} | {"x"})) == 2
