"""Templates the product must refuse, read by the real `azure-ai-ml`; and missing tables."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.creation import TemplateCreator
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.adapters.storage.storage_clients import StorageAccount, table_client
from rollout.adapters.storage.table_store import TableStore
from rollout.core.records.observation import Absent
from rollout.errors import (
    ArmRefusedError,
    ArmUnavailableError,
    StoreUnavailableError,
    UnsupportedEndpointError,
)
from rollout.ports import Commit, NewDeployment
from tests.doubles.records import CURRENT, ENDPOINT, POLICY

if TYPE_CHECKING:
    from azure.identity import ManagedIdentityCredential

    from localazure.azurite import Azurite
    from tests.support.contract.local_azure import LocalAzure

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")


@pytest.fixture
def creator(credential: "ManagedIdentityCredential", services: Path) -> Iterator[TemplateCreator]:
    found = TemplateCreator(credential, lambda _service: services)
    yield found
    found.close()


def create(creator: TemplateCreator) -> None:
    creator.create_candidate(
        ENDPOINT,
        POLICY,
        NewDeployment(
            "green-7",
            "fraud-model",
            "7",
            "r",
            at_least=None,
            until=datetime(2100, 1, 1, tzinfo=UTC),
        ),
    )


def test_a_service_without_a_template_is_told_what_to_add(
    creator: TemplateCreator, services: Path
) -> None:
    (services / "deployment.yml").unlink()
    (services / "endpoint.yml").unlink()
    with pytest.raises(ArmRefusedError, match=r"no deployment\.yml; add it"):
        create(creator)
    with pytest.raises(ArmRefusedError, match=r"no endpoint\.yml"):
        creator.create_endpoint(ENDPOINT, POLICY, until=datetime(2100, 1, 1, tzinfo=UTC))


def test_kubernetes_templates_are_refused_in_one_sentence(
    creator: TemplateCreator, services: Path
) -> None:
    (services / "deployment.yml").write_text(
        "type: kubernetes\nname: x\nendpoint_name: e\nmodel: azureml:m:1\n"
        "environment: azureml:env:1\n"
    )
    (services / "endpoint.yml").write_text("name: e\ncompute: azureml:aks\nauth_mode: key\n")
    with pytest.raises(UnsupportedEndpointError, match="Kubernetes"):
        create(creator)
    with pytest.raises(UnsupportedEndpointError, match="Kubernetes"):
        creator.create_endpoint(ENDPOINT, POLICY, until=datetime(2100, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "nonsense: true\n",
        "[]\n",
        ": : :\n",
        """\
name: blue
endpoint_name: e
code_configuration: {code: ./gone, scoring_script: score.py}
environment: {image: i}
instance_type: t
""",
    ],
    ids=["unknown field", "a list", "not YAML", "missing code folder"],
)
def test_a_template_the_sdk_does_not_accept_is_refused_for_good(
    creator: TemplateCreator, services: Path, text: str
) -> None:
    (services / "deployment.yml").write_text(text)
    with pytest.raises(ArmRefusedError):
        create(creator)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("environment: {conda_file: ../outside.yml, image: i}", "leads out of"),
        ("environment: {conda_file: /etc/passwd, image: i}", "is absolute"),
        ("code_configuration: {code: ../.., scoring_script: score.py}", "leads out of"),
        ("environment: file:../outside.yml", "leads out of"),
        ("a: !!bool maybe", "This value is impossible"),
    ],
)
def test_the_sdk_is_not_given_a_template_that_leads_out_of_its_service(
    creator: TemplateCreator, services: Path, text: str, words: str
) -> None:
    (services.parent / "outside.yml").write_text("secret: 1\n")
    (services / "deployment.yml").write_text(f"name: b\nendpoint_name: e\n{text}\n")
    with pytest.raises(ArmRefusedError, match=words):
        create(creator)


def test_what_the_sdk_would_refuse_is_known_before_anything_is_sent(
    creator: TemplateCreator, services: Path
) -> None:
    policy = replace(POLICY, endpoint="fraud-detection-endpoint", model="fraud-detection-model")
    assert creator.template_fault(policy) == ""
    template = services / "deployment.yml"
    template.write_text(template.read_text().replace("instance_count: 2", "instance_count: two"))
    assert "instance_count: azure-ai-ml says: Not a valid integer" in creator.template_fault(policy)
    template.write_text("code_configuration: {code: ../..}\n")
    assert "leads out of" in creator.template_fault(policy)


def test_an_azure_that_is_not_there_is_unavailable_and_no_refusal(
    creator: TemplateCreator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_DEV_URL_MFE", "https://127.0.0.1:1")
    with pytest.raises(ArmUnavailableError):
        create(creator)


def test_a_create_call_that_became_late_while_it_was_made_is_stopped_at_the_wire(
    local_azure: "LocalAzure", arm: Arm, credential: "ManagedIdentityCredential", services: Path
) -> None:
    """An upload may take minutes: what counts is when the PUT leaves."""
    endpoint = local_azure.parts.world.workspace.endpoint("late-endpoint").lower()
    begun = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
    moments = iter([begun])
    after = begun + timedelta(minutes=6)
    late = TemplateCreator(credential, lambda _service: services, lambda: next(moments, after))
    try:
        with pytest.raises(ArmUnavailableError, match="was not sent"):
            late.create_endpoint(endpoint, POLICY, until=begun + timedelta(minutes=5))
    finally:
        late.close()
    assert ArmEndpoints(arm).endpoint(endpoint, timeout=5.0) == Absent()


def test_missing_tables_are_told_with_what_to_do(azurite: "Azurite") -> None:
    account = StorageAccount(azurite.account.connection_string)
    with table_client(account, "NoRollouts") as rollouts, table_client(account, "NoLive") as live:
        store = TableStore(rollouts, live)
        with pytest.raises(StoreUnavailableError, match="Create the tables"):
            store.load(ENDPOINT)
        with pytest.raises(StoreUnavailableError, match="Create the tables"):
            store.commit(Commit(CURRENT, None))
