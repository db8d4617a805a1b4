"""A right that is missing is named with the setting that gives it."""

import pytest

from rollout.adapters.azure_ml.azure_faults import refusal
from rollout.adapters.azure_ml.missing_rights import enforced_by, secret_stores_named
from rollout.errors import AccessDeniedError, ArmRefusedError, ArmUnavailableError, RolloutError
from tests.unit.adapters.azure_ml.test_governing import ENDPOINT, PROVIDER, linked, locked

ENFORCED = {"properties": {"properties": {"enforce_access_to_default_secret_stores": "enabled"}}}
SETTING = "azd env set ENDPOINTS_ENFORCE_SECRETS true, then azd provision"


def unauthorised(action: str, scope: str = ENDPOINT) -> str:
    return (
        "The client 'a' with object id 'b' does not have authorization to perform action "
        f"'{PROVIDER}/{action}' over scope '{scope}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials."
    )


def denied(action: str) -> str:
    error = refusal(403, "AuthorizationFailed", unauthorised(action), write=True)
    assert isinstance(error, AccessDeniedError)
    return str(error)


@pytest.mark.parametrize(
    ("action", "command"),
    [
        ("workspaces/onlineEndpoints/listKeys/action", "ENDPOINTS_USE_KEYS true"),
        ("workspaces/codes/versions/startPendingUpload/action", "CREATE_FROM_TEMPLATES true"),
        ("workspaces/environments/versions/write", "CREATE_FROM_TEMPLATES true"),
        ("workspaces/connections/listSecrets/action", "ENDPOINTS_ENFORCE_SECRETS true"),
        ("registries/assets/read", "REGISTRY_IDS <ARM ids of the registries>"),
    ],
)
def test_the_setting_that_gives_a_right_is_named(action: str, command: str) -> None:
    text = denied(action)
    assert text == (
        f"The app's identity has no right to {PROVIDER}/{action} on {ENDPOINT}: "
        f"azd env set {command}, then azd provision. (Azure answered 403 AuthorizationFailed)"
    )


def test_of_two_settings_the_reader_is_told_which_is_when() -> None:
    text = denied("workspaces/data/versions/write")
    assert "with quality.live: azd env set COLLECTED_CONTAINER_ID <ARM id of the" in text
    assert "; or with a data_collector in deployment.yml: azd env set TEMPLATES_COLLECT" in text
    text = denied("workspaces/datastores/read")
    assert "; or with environment.build in deployment.yml: azd env set TEMPLATES_BUILD" in text


def test_a_right_that_no_setting_adds_was_lost_or_is_for_other_endpoints() -> None:
    text = denied("workspaces/onlineEndpoints/write")
    assert f"{ENDPOINT}: azd provision gives the role again (where ROLE_ON_ENDPOINTS" in text
    assert "minutes ago" in text


def test_a_text_without_an_action_is_told_as_it_is() -> None:
    text = str(refusal(401, "InvalidToken", "The token is too old.", write=False))
    assert text.endswith("The token is too old. Check the role of the app's identity.")


@pytest.mark.parametrize(
    ("body", "enforced"),
    [
        (ENFORCED, True),
        ({"properties": {"properties": {"enforce_access_to_default_secret_stores": True}}}, True),
        (
            {"properties": {"properties": {"enforce_access_to_default_secret_stores": "Disabled"}}},
            False,
        ),
        ({"properties": {"properties": {}}}, False),
        ({"properties": {"properties": None}}, False),
        ({"properties": []}, False),
        ("not a body", False),
    ],
)
def test_an_endpoint_says_whether_it_enforces_secrets(body: object, *, enforced: bool) -> None:
    assert enforced_by(body) is enforced


def refused_with(error: RolloutError, *, enforced: bool = True) -> RolloutError:
    with pytest.raises(RolloutError) as told, secret_stores_named(lambda: enforced):
        raise error
    assert type(told.value) is type(error)
    return told.value


@pytest.mark.parametrize(
    "error",
    [
        refusal(403, "Forbidden", "no", write=True),
        refusal(400, "BadRequest", "You may not read the endpoint's secrets.", write=True),
    ],
)
def test_a_refusal_by_an_endpoint_that_enforces_secrets_names_the_setting(
    error: ArmRefusedError,
) -> None:
    told = refused_with(error)
    assert str(told).startswith(str(error))
    assert str(told).endswith(f"{SETTING}.")
    assert isinstance(told, ArmRefusedError)
    assert told.code == error.code
    assert refused_with(error, enforced=False) is error


@pytest.mark.parametrize(
    "error",
    [
        refusal(400, "BadRequest", "The instance type is unknown.", write=True),
        refusal(409, "Conflict", "busy", write=True),
        refusal(409, "ScopeLocked", locked("/subscriptions/s"), write=True),
        refusal(403, "LinkedAuthorizationFailed", linked("/subscriptions/s/x"), write=True),
        refusal(403, "AuthorizationFailed", unauthorised("workspaces/codes/x"), write=True),
        refusal(
            403,
            "AuthorizationFailed",
            unauthorised("workspaces/metadata/secrets/read"),
            write=True,
        ),
    ],
)
def test_what_has_another_reason_is_left_as_it_is(error: RolloutError) -> None:
    assert refused_with(error) is error


def test_an_endpoint_that_cannot_be_asked_says_nothing() -> None:
    def failing() -> bool:
        raise ArmUnavailableError("later")

    error = AccessDeniedError("no")
    with pytest.raises(AccessDeniedError) as told, secret_stores_named(failing):
        raise error
    assert told.value is error
