"""What forbids a write is said first, and with the command: whatever else Azure's text has."""

import pytest

from rollout.adapters.azure_ml.azure_faults import refusal
from rollout.adapters.azure_ml.governing import GOVERNED, MOST_NAMED, explained
from rollout.errors import AccessDeniedError

CLIENT = "11111111-2222-3333-4444-555555555555"
IDENTITY = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/one"
)
OTHER = IDENTITY.replace("one", "two")
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
PROVIDER = "Microsoft.MachineLearningServices"
ENDPOINT = (
    f"/subscriptions/s/resourceGroups/ml/providers/{PROVIDER}/workspaces/w/onlineEndpoints/fraud"
)
ASSIGNMENT = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/approved-only"


def linked(scopes: str, client: str = CLIENT) -> str:
    return (
        f"The client 'app' with object id '{client}' has permission to perform action "
        f"'{PROVIDER}/workspaces/onlineEndpoints/write' on scope '{ENDPOINT}'; "
        "however, it does not have permission to perform action "
        f"'{ASSIGN}' on the linked scope(s) "
        f"'{scopes}' or the linked scope(s) are invalid."
    )


def locked(scopes: str) -> str:
    return (
        f"The scope '{ENDPOINT}' cannot perform write operation because following scope(s) are "
        f"locked: '{scopes}'. Please remove the lock and try again."
    )


POLICY = (
    "Resource 'fraud' was disallowed by policy. Policy identifiers: "
    f'\'[{{"policyAssignment":{{"name":"approved-only","id":"{ASSIGNMENT}"}},'
    '"policyDefinition":{"name":"d","id":"/providers/d"}}]\'.'
)


def said(status: int, code: str, message: str, *, write: bool = True) -> str:
    error = refusal(status, code, message, write=write)
    assert isinstance(error, AccessDeniedError)
    assert error.code == code
    return str(error)


def test_a_linked_identity_is_named_with_the_role_it_needs() -> None:
    text = said(403, "LinkedAuthorizationFailed", linked(IDENTITY))
    assert text.startswith("The app's identity may not use one, which the endpoint runs as, or ")
    assert f"or that was deleted: az identity show --ids {IDENTITY} tells." in text
    assert f"--assignee-object-id {CLIENT}" in text
    assert f"--role 'Managed Identity Operator' --scope {IDENTITY}." in text
    assert "If it was deleted: write another identity into the endpoint's YAML" in text
    assert text.endswith("(Azure answered 403 LinkedAuthorizationFailed)")


@pytest.mark.parametrize("between", [",", ", "])
def test_each_of_several_identities_has_its_command(between: str) -> None:
    text = explained("LinkedAuthorizationFailed", linked(f"{IDENTITY}{between}{OTHER}"))
    assert f"--scope {IDENTITY}; az role assignment create" in text
    assert f"--scope {OTHER}." in text


def test_a_sentence_names_a_few_of_many_identities() -> None:
    many = ",".join(IDENTITY.replace("one", f"id{number}") for number in range(9))
    text = explained("LinkedAuthorizationFailed", linked(many))
    assert text.count("az role assignment create") == MOST_NAMED


def test_another_linked_right_has_its_own_command() -> None:
    registry = f"/subscriptions/s/resourceGroups/g/providers/{PROVIDER}/registries/company"
    text = linked(registry).replace(ASSIGN, f"{PROVIDER}/registries/assets/read")
    said = explained("LinkedAuthorizationFailed", text)
    assert said.startswith(f"The app's identity has no right to {PROVIDER}/registries/assets/read")
    assert f"on {registry}, which the write names" in said
    assert "azd env set REGISTRY_IDS <ARM ids of the registries>, then azd provision." in said
    assert "Managed Identity Operator" not in said


def test_who_is_not_named_is_left_to_be_filled_in() -> None:
    text = explained("LinkedAuthorizationFailed", linked(IDENTITY, client="?"))
    assert "--assignee-object-id <object id of the app's identity>" in text


@pytest.mark.parametrize("write", [True, False])
def test_a_lock_is_no_running_operation(*, write: bool) -> None:
    text = said(409, "ScopeLocked", locked("/subscriptions/s/resourceGroups/ml"), write=write)
    assert text.startswith("A lock on /subscriptions/s/resourceGroups/ml is ReadOnly and refuses ")
    assert "of traffic too. az lock list --resource-group ml --subscription s shows its id" in text
    assert "az lock delete --ids <its id>." in text
    assert text.endswith("(Azure answered 409 ScopeLocked)")


def test_a_lock_that_refuses_a_deletion_says_what_that_costs() -> None:
    message = locked("/subscriptions/s/resourceGroups/ml").replace(
        "perform write", "perform delete"
    )
    text = said(409, "ScopeLocked", message)
    assert text.startswith(
        "A lock on /subscriptions/s/resourceGroups/ml refuses deletions; what is"
    )
    assert "ReadOnly" not in text


def test_a_lock_on_a_subscription_is_in_no_group() -> None:
    text = explained("ScopeLocked", locked("/subscriptions/s"))
    assert "az lock list --subscription s shows" in text


@pytest.mark.parametrize("path", [ENDPOINT, f"{ENDPOINT}/deployments/green-7"])
def test_an_exemption_is_for_the_endpoint_that_was_written(path: str) -> None:
    error = refusal(403, "RequestDisallowedByPolicy", POLICY, write=True, path=path)
    assert f"--policy-assignment {ASSIGNMENT} --scope {ENDPOINT}." in str(error)


def test_a_policy_is_named_with_the_exemption_that_it_needs() -> None:
    text = said(403, "RequestDisallowedByPolicy", POLICY)
    assert text.startswith(f"The policy {ASSIGNMENT} forbids it.")
    assert "az policy assignment show --name approved-only --scope /subscriptions/s shows" in text
    assert f"--policy-assignment {ASSIGNMENT} --scope <id of the endpoint>." in text


@pytest.mark.parametrize("code", GOVERNED)
def test_a_text_of_another_form_speaks_for_itself(code: str) -> None:
    assert said(403, code, "not today; ask 'x; rm -rf'") == (
        f"Azure answered 403 {code}: not today; ask 'x; rm -rf'"
    )


def test_a_group_with_parentheses_is_quoted() -> None:
    odd = IDENTITY.replace("/g/", "/g(1)/")
    assert f"--scope '{odd}'." in explained("LinkedAuthorizationFailed", linked(odd))
    assert "--resource-group 'g(1)' " in explained("ScopeLocked", locked(odd))


@pytest.mark.parametrize("code", GOVERNED)
def test_no_command_has_what_a_shell_would_run(code: str) -> None:
    for text in (linked, locked):
        assert "$(" not in explained(code, text("/subscriptions/$(id)"))
