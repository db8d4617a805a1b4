"""Creates endpoints and candidates from the service's own Azure ML YAML, through `azure-ai-ml`.

The only module that imports `azure.ai.ml`, and only when something is created: the import takes 1.5
to 2.5 s and 110 MiB (measured with azure-ai-ml 1.35.2). `begin_create_or_update` uploads code and
environment, sends the PUT and returns; its poller, a daemon thread, is not waited for. The outcome
is read from the resource by a later pass.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rollout.adapters.arm_ids import WorkspaceId, checked_name, parse_endpoint_id
from rollout.adapters.azure_faults import arm_calls
from rollout.adapters.deployments import ROLLOUT_TAG
from rollout.adapters.redaction import one_line
from rollout.core.policy import Policy
from rollout.errors import ArmRefusedError, UnsupportedEndpointError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

DEPLOYMENT_FILE, ENDPOINT_FILE = "deployment.yml", "endpoint.yml"
BAD_TEMPLATE = "InvalidTemplate"
SDK_OPTIONS: dict[str, Any] = {
    "retry_total": 1,
    "connection_timeout": 10,
    "read_timeout": 60,
    "enable_telemetry": False,
    "show_progress": False,
}
"""One retry instead of the SDK's three; 60 s, because a code upload is one of the requests."""


class TemplateCreator:
    """The `Creator` port. `folder_of` gives the folder of a service's files on this disk."""

    def __init__(self, credential: "TokenCredential", folder_of: Callable[[str], Path]) -> None:
        self._credential = credential
        self._folder_of = folder_of
        self._clients: dict[WorkspaceId, Any] = {}
        self._lock = Lock()

    def create_endpoint(self, endpoint: str, policy: Policy) -> None:
        """Start the creation of the endpoint from `endpoint.yml`.

        Raises:
            UnsupportedEndpointError: The file describes a Kubernetes endpoint.
            ArmRefusedError: The file is missing or not what the SDK accepts.
        """
        found = parse_endpoint_id(endpoint)
        source = self._template(policy.service, ENDPOINT_FILE)
        with _sdk():
            from azure.ai.ml import load_online_endpoint  # noqa: PLC0415 - see the module's text
            from azure.ai.ml.entities import ManagedOnlineEndpoint  # noqa: PLC0415

            entity = load_online_endpoint(source, params_override=[{"name": policy.endpoint}])
            if not isinstance(entity, ManagedOnlineEndpoint):
                raise _kubernetes(source)
            # The weights are the product's: a template that names deployments would be refused.
            entity.traffic = {}
            entity.mirror_traffic = {}
            self._client(found.workspace).online_endpoints.begin_create_or_update(entity)

    def create_candidate(
        self,
        endpoint: str,
        policy: Policy,
        *,
        name: str,
        model: str,
        version: str,
        rollout: str,
        at_least: int | None,
    ) -> None:
        """Start the creation of the deployment `name` from `deployment.yml`.

        Name, endpoint, model and the tag `rollout` are filled in; the instance count is the
        template's or `at_least`, whichever is more. Raises as `create_endpoint` does.
        """
        found = parse_endpoint_id(endpoint)
        source = self._template(policy.service, DEPLOYMENT_FILE)
        overrides = [
            {"name": checked_name("deployment", name)},
            {"endpoint_name": policy.endpoint},
            {"model": f"azureml:{model}:{version}"},
        ]
        with _sdk():
            from azure.ai.ml import load_online_deployment  # noqa: PLC0415 - see the module's text
            from azure.ai.ml.entities import ManagedOnlineDeployment  # noqa: PLC0415

            entity = load_online_deployment(source, params_override=overrides)
            if not isinstance(entity, ManagedOnlineDeployment):
                raise _kubernetes(source)
            entity.tags = {**(entity.tags or {}), ROLLOUT_TAG: rollout}
            entity.instance_count = max(entity.instance_count or 1, at_least or 1)
            self._client(found.workspace).online_deployments.begin_create_or_update(entity)

    def close(self) -> None:
        """Close the SDK's connections; it has no close of its own."""
        for client in self._clients.values():
            for part in vars(client).values():
                if callable(getattr(part, "close", None)):
                    part.close()
        self._clients.clear()

    def _template(self, service: str, file: str) -> Path:
        source = self._folder_of(service) / file
        if not source.is_file():
            raise ArmRefusedError(
                f"the service {service} has no {file}; add it, or set create: copy in its policy",
                code=BAD_TEMPLATE,
            )
        return source

    def _client(self, workspace: WorkspaceId) -> Any:
        from azure.ai.ml import MLClient  # noqa: PLC0415 - see the module's text

        with self._lock:
            if workspace not in self._clients:
                self._clients[workspace] = MLClient(
                    self._credential,
                    workspace.subscription,
                    workspace.group,
                    workspace.name,
                    **SDK_OPTIONS,
                )
            return self._clients[workspace]


@contextmanager
def _sdk() -> Iterator[None]:
    from azure.ai.ml.exceptions import MlException  # noqa: PLC0415 - see the module's text
    from marshmallow import ValidationError  # noqa: PLC0415 - what the SDK reads YAML with

    with arm_calls(write=True):
        try:
            yield
        except (MlException, ValidationError, ValueError, TypeError, KeyError) as error:
            # `MlException` is an `AzureError`, but no repetition mends a template.
            raise _bad_template(error) from error


def _bad_template(error: Exception) -> ArmRefusedError:
    return ArmRefusedError(
        f"azure-ai-ml does not accept the service's template: {one_line(str(error))}",
        code=BAD_TEMPLATE,
    )


def _kubernetes(source: Path) -> UnsupportedEndpointError:
    return UnsupportedEndpointError(
        f"{source.name} describes a Kubernetes resource; only managed online endpoints are "
        "rolled out.",
        code="KubernetesTemplate",
    )
