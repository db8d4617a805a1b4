"""The commands in docs/deploy.md are what the templates and hooks accept."""

import pytest

from tests.support.infra.policies.documented import (
    documented_deployments_set_what_is_required,
    settings_are_documented,
    the_pipelines_task_sets_what_the_hook_needs,
)
from tests.support.infra.policies.hooks import own_scripts, own_settings
from tests.support.infra.templates import own_templates
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")


def without(old: str, new: str = "") -> str:
    assert old in PAGE, f"docs/deploy.md no longer has {old!r}: rewrite the change"
    return PAGE.replace(old, new)


def test_the_commands_deploy_every_template_with_what_it_needs() -> None:
    assert documented_deployments_set_what_is_required(own_settings(), PAGE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("EVENTS_IDENTITY_ID=", "EVENT_IDENTITY_ID="),
        (" LOG_WORKSPACE_ID=<LOG_WORKSPACE_ID>", ""),
        ("infra/access.bicepparam", "infra/rights.bicepparam"),
        ("az deployment sub create", "az deployment sub validate"),
    ],
)
def test_a_slip_in_a_command_is_found(old: str, new: str) -> None:
    assert documented_deployments_set_what_is_required(own_settings(), without(old, new))


def test_a_setting_that_the_commands_do_not_know_is_found() -> None:
    asking = own_settings()
    asking["wiring.bicepparam"] += "param more = readEnvironmentVariable('MORE')\n"
    assert documented_deployments_set_what_is_required(asking, PAGE)


def test_the_pipelines_task_sets_what_the_hook_needs() -> None:
    assert the_pipelines_task_sets_what_the_hook_needs(own_scripts(), own_settings(), PAGE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    EVENTS_IDENTITY_ID: $(EVENTS_IDENTITY_ID)\n", ""),
        ("    AZURE_SUBSCRIPTION_ID: $(AZURE_SUBSCRIPTION_ID)\n", ""),
        ("    ATTENTION_EMAILS:", "    ATTENTION_EMAIL:"),
        ("sh infra/hooks/wire.sh\n  env", "sh infra/hooks/wiring.sh\n  env"),
    ],
)
def test_a_slip_in_the_task_is_found(old: str, new: str) -> None:
    page = without(old, new)
    assert the_pipelines_task_sets_what_the_hook_needs(own_scripts(), own_settings(), page)


def test_every_setting_is_on_the_page() -> None:
    assert settings_are_documented(own_templates(), own_scripts(), own_settings(), PAGE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`MODEL_TAG_FILTERS`", "`MODEL_FILTERS`"),
        ("`STORAGE_SKU`", "`STORAGE`"),
        ("| `ASSIGN_ROLES` |", "| `ASSIGN_ROLES`, `ASSIGN_MORE` |"),
    ],
)
def test_a_setting_that_is_lost_or_made_up_is_found(old: str, new: str) -> None:
    page = without(old, new)
    assert settings_are_documented(own_templates(), own_scripts(), own_settings(), page)
