"""Settings that widen the role, against the role itself and the template that has them."""

import pytest

from rollout.adapters.rights import how_to_get, names_a_setting, settings_for
from tests.support.paths import PROJECT
from tests.support.role import REGISTRY_READER, ROLE

TEMPLATE = (PROJECT / "infra" / "access.bicep").read_text(encoding="utf-8")


def parameter(setting: str) -> str:
    first, *others = setting.lower().split("_")
    return first + "".join(each.capitalize() for each in others)


@pytest.mark.parametrize("action", [*ROLE.everything, *REGISTRY_READER])
def test_what_a_setting_adds_has_that_setting_and_what_is_always_there_has_none(
    action: str,
) -> None:
    found = settings_for(action)
    assert bool(found) == (action not in ROLE.always)
    for setting in found:
        assert f"\nparam {parameter(setting.name)} " in TEMPLATE
        assert f"azd env set {setting.name} " in how_to_get(action)
    assert names_a_setting(how_to_get(action))


def test_case_does_not_matter() -> None:
    action = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/LISTKEYS/action"
    assert [each.name for each in settings_for(action)] == ["ENDPOINTS_USE_KEYS"]


def test_a_text_without_a_setting_names_none() -> None:
    assert not names_a_setting("Check the role of the app's identity.")
