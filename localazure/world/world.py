"""The world: what one Azure ML workspace knows and what it refuses. No HTTP, no sockets."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from localazure.runtime import InstantRuntime, Runtime
from localazure.world.assets import AssetRegistry, AssetVersion
from localazure.world.datastores import Datastore
from localazure.world.deployments import Deployments
from localazure.world.dials import Dials
from localazure.world.endpoints import Endpoints
from localazure.world.errors import not_found
from localazure.world.names import WorkspaceId
from localazure.world.progress import Progress
from localazure.world.resources import Caller, Operation, OperationError, OperationKind, Stamp
from localazure.world.state import WorldState
from localazure.world.write_log import WriteLog

DEFAULT_SCORING_URI = "https://{endpoint}.{location}.inference.ml.azure.com/score"


def utc_now() -> datetime:
    return datetime.now(UTC)


def random_id() -> str:
    return str(uuid4())


class World:
    """One workspace, its assets, endpoints and deployments, under one clock.

    Synchronous and not thread-safe: one thread at a time. Refusals are `ArmError`. Parts are
    reached by name (`world.endpoints.put(...)`); `scoring_uri_template` may be set once the port
    of the data plane is known, and holds `{endpoint}` and `{location}`.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = utc_now,
        runtime: Runtime | None = None,
        dials: Dials | None = None,
        *,
        workspace: WorkspaceId | None = None,
        new_id: Callable[[], str] = random_id,
        scoring_uri_template: str = DEFAULT_SCORING_URI,
    ) -> None:
        self._state = WorldState(
            workspace=workspace or WorkspaceId(),
            clock=clock,
            runtime=runtime or InstantRuntime(),
            dials=dials or Dials(),
            new_id=new_id,
        )
        self.scoring_uri_template = scoring_uri_template
        self._progress = Progress(self._state)
        self.created = Stamp(clock(), Caller())
        self.models = AssetRegistry(self._state, "models", "modelUri")
        self.environments = AssetRegistry(self._state, "environments", None)
        self.codes = AssetRegistry(self._state, "codes", "codeUri")
        self.data = AssetRegistry(self._state, "data", "dataUri")
        self.datastores = dict[str, Datastore]()
        self.endpoints = Endpoints(self._state, self._progress)
        self.deployments = Deployments(
            self._state,
            self._progress,
            {each.kind: each for each in (self.models, self.environments, self.codes, self.data)},
            self.datastores,
        )

    @property
    def workspace(self) -> WorkspaceId:
        return self._state.workspace

    @property
    def log(self) -> WriteLog:
        """Every change so far, in order."""
        self._progress.settle()
        return self._state.log

    @property
    def dials(self) -> Dials:
        """The dials; a new value counts for operations that begin later."""
        return self._state.dials

    @dials.setter
    def dials(self, dials: Dials) -> None:
        self._state.dials = dials

    def now(self) -> datetime:
        return self._state.clock()

    def on_model_registered(self, callback: Callable[[AssetVersion], None]) -> None:
        """Call `callback` with every model version created from now on."""
        self.models.on_created(callback)

    def fail_next(self, kind: OperationKind, error: OperationError) -> None:
        """Let the next operation of this kind end as Failed with `error` when it is due."""
        self._state.planned_failures.setdefault(kind, []).append(error)

    def operation(self, operation_id: str) -> Operation:
        """Return a long-running operation as it is now; 404 when unknown."""
        self._progress.settle()
        operation = self._state.operations.get(operation_id)
        if operation is None:
            raise not_found(f"Operation '{operation_id}'")
        return operation

    def scoring_uri(self, endpoint: str) -> str:
        """Return where an endpoint is called; the host part is lower case, as in DNS."""
        return self.scoring_uri_template.format(
            endpoint=endpoint.lower(), location=self.workspace.location
        )
