"""Creates endpoints and candidates from the service's own Azure ML YAML, through `azure-ai-ml`.

`azure.ai.ml` is imported only when it is needed (`templates/sdk.py`). `begin_create_or_update`
uploads code and environment, sends the PUT and returns. It also starts a poller, a daemon thread
that reads the operation until it ends, and cannot be told not to (`polling` is fixed inside): the
one place where a poller runs. Nothing waits for it; a later pass reads the outcome from the
resource.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy

from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG
from rollout.adapters.azure_ml.arm_ids import WorkspaceId, checked_name, parse_endpoint_id
from rollout.adapters.azure_ml.azure_faults import arm_calls
from rollout.adapters.azure_ml.collecting import ROLLING, asset_uri, wanted_collections
from rollout.adapters.azure_ml.creation_guard import check_in_time, check_ours, utc_now
from rollout.adapters.azure_ml.missing_rights import secret_stores_named
from rollout.adapters.rights import enforces_secrets
from rollout.adapters.templates.checks import template_faults
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.reading import unsafe_template
from rollout.adapters.templates.sdk import (
    collector_entity,
    load_deployment,
    load_endpoint,
    sdk_errors,
    sdk_faults,
)
from rollout.addresses import ENDPOINTS
from rollout.core.policy.consistency import DEPLOYMENT_TEMPLATE, ENDPOINT_TEMPLATE
from rollout.core.policy.model import Policy
from rollout.errors import ArmRefusedError, UnsupportedEndpointError
from rollout.ports import NewDeployment
from rollout.text.redaction import redacted_line

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline import PipelineRequest

BAD_TEMPLATE = "InvalidTemplate"
_SEND_UNTIL: ContextVar[datetime | None] = ContextVar("send_until", default=None)
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

    def __init__(
        self,
        credential: "TokenCredential",
        folder_of: Callable[[str], Path],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._credential = credential
        self._folder_of = folder_of
        self._now = now
        self._clients: dict[WorkspaceId, Any] = {}
        self._lock = Lock()

    def create_endpoint(self, endpoint: str, policy: Policy, *, until: datetime) -> None:
        """Start the creation of the endpoint from `endpoint.yml`, unless it exists.

        Its name is that of the ARM id, whatever the file or the policy says.

        Raises:
            UnsupportedEndpointError: The file describes a Kubernetes endpoint.
            ArmRefusedError: The file is missing or not what the SDK accepts.
            ArmUnavailableError: Azure gave no answer, or it is `until` or later.
        """
        found = parse_endpoint_id(endpoint)
        source = self._template(policy.service, ENDPOINT_TEMPLATE)
        with _sdk(), self._sent_before(until):
            from azure.ai.ml.entities import ManagedOnlineEndpoint  # noqa: PLC0415 - see above

            entity = load_endpoint(source, [{"name": found.name}])
            if not isinstance(entity, ManagedOnlineEndpoint):
                raise _kubernetes(source)
            # The product owns the weights; Azure would refuse a template that names deployments.
            entity.traffic = {}
            entity.mirror_traffic = {}
            enforced = enforces_secrets(entity.properties)
            endpoints = self._client(found.workspace).online_endpoints
            # On an endpoint that exists this PUT would be an update that wipes its traffic.
            if _or_none(lambda: endpoints.get(found.name)) is None:
                with secret_stores_named(lambda: enforced), _sdk():
                    endpoints.begin_create_or_update(entity)

    def create_candidate(self, endpoint: str, policy: Policy, new: NewDeployment) -> None:
        """Start the creation of the deployment `new.name` from `deployment.yml`, unless it exists.

        Name, endpoint, model and the tag `rollout` are filled in; the instance count is the
        template's or `at_least`, whichever is more. Raises as `create_endpoint` does, and
        `ArmRefusedError` where a deployment of that name is not this rollout's.
        """
        found = parse_endpoint_id(endpoint)
        source = self._template(policy.service, DEPLOYMENT_TEMPLATE)
        overrides = [
            {"name": checked_name("deployment", new.name)},
            {"endpoint_name": found.name},
            {"model": f"azureml:{new.model}:{new.version}"},
        ]
        with _sdk(), self._sent_before(new.until):
            from azure.ai.ml.entities import ManagedOnlineDeployment  # noqa: PLC0415 - see above

            entity = load_deployment(source, overrides)
            if not isinstance(entity, ManagedOnlineDeployment):
                raise _kubernetes(source)
            entity.tags = {**(entity.tags or {}), ROLLOUT_TAG: new.rollout}
            entity.instance_count = max(entity.instance_count or 1, new.at_least or 1)
            if new.live is not None and entity.data_collector is None:
                entity.data_collector = collector_entity(
                    {
                        name: asset_uri(new.live.datastore, found.name, new.name, name)
                        for name in wanted_collections(new.live)
                    },
                    sampling=new.live.sampling,
                    rolling=ROLLING.lower(),
                )
            client = self._client(found.workspace)
            deployments = client.online_deployments
            there = _or_none(lambda: deployments.get(new.name, found.name))
            if there is not None:
                check_ours(new.name, (there.tags or {}).get(ROLLOUT_TAG), new.rollout)
                return
            with secret_stores_named(lambda: _enforced(client, found.name)), _sdk():
                deployments.begin_create_or_update(entity)

    def template_fault(self, policy: Policy) -> str:
        """Say why the service's templates cannot be used; empty where they can. Sends nothing.

        Raises:
            ServicesUnavailableError: The service's folder cannot be read now.
        """
        folder = self._folder_of(policy.service)
        faults = template_faults(folder, policy) or sdk_faults(folder, policy)
        return _sentences(policy.service, faults)

    def close(self) -> None:
        """Close the SDK's connections; it has no close of its own."""
        for client in self._clients.values():
            for part in vars(client).values():
                if callable(getattr(part, "close", None)):
                    part.close()
        self._clients.clear()

    @contextmanager
    def _sent_before(self, until: datetime) -> Iterator[None]:
        check_in_time(until, self._now())
        before = _SEND_UNTIL.set(until)
        try:
            yield
        finally:
            _SEND_UNTIL.reset(before)

    def _template(self, service: str, file: str) -> Path:
        folder = self._folder_of(service)
        source = folder / file
        if not source.is_file():
            raise ArmRefusedError(
                f"the service {service} has no {file}; add it, or set create: copy in its policy",
                code=BAD_TEMPLATE,
            )
        # Again, right before the SDK reads: what it uploads is readable in the workspace.
        if faults := unsafe_template(folder, file):
            raise ArmRefusedError(_sentences(service, faults), code=BAD_TEMPLATE)
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
                    per_retry_policies=[_InTime(self._now)],
                    **SDK_OPTIONS,
                )
            return self._clients[workspace]


class _InTime(SansIOHTTPPolicy[Any, Any]):
    """Stops a create call that is too late at the last moment: an upload may take minutes.

    The SDK sends its PUT on the thread that called it (measured with azure-ai-ml 1.35.2).
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def on_request(self, request: "PipelineRequest[Any]") -> None:
        until = _SEND_UNTIL.get()
        sent = request.http_request
        if until is not None and sent.method == "PUT" and ENDPOINTS in sent.url.lower():
            check_in_time(until, self._now())


def _or_none(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ResourceNotFoundError:
        return None


def _enforced(client: Any, endpoint: str) -> bool:
    with _sdk():
        return enforces_secrets(client.online_endpoints.get(endpoint).properties)


@contextmanager
def _sdk() -> Iterator[None]:
    with arm_calls(write=True):
        try:
            yield
        except sdk_errors() as error:
            raise _bad_template(error) from error


def _sentences(service: str, faults: Sequence[Fault]) -> str:
    return "; ".join(
        f"{place}: {sentence}" for place, sentence in (each.pair(service) for each in faults)
    )


def _bad_template(error: Exception) -> ArmRefusedError:
    return ArmRefusedError(
        f"azure-ai-ml does not accept the service's template: {redacted_line(str(error))}",
        code=BAD_TEMPLATE,
    )


def _kubernetes(source: Path) -> UnsupportedEndpointError:
    return UnsupportedEndpointError(
        f"{source.name} describes a Kubernetes resource; only managed online endpoints are "
        "rolled out.",
        code="KubernetesTemplate",
    )
