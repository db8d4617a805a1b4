"""The world of one Azure ML workspace, without HTTP or sockets, its clock injected.

Start reading at `world.py`; `resources.py` has the nouns, `progress.py` the passing of time.
"""

from localazure.world.access import (
    ACTIONS,
    ASSIGN_IDENTITY,
    METRICS_READ,
    READ_SECRETS,
    SCORE,
    Access,
    Call,
)
from localazure.world.assets import AssetVersion, View
from localazure.world.datastores import Datastore
from localazure.world.dials import Dials
from localazure.world.errors import ArmError
from localazure.world.faults import Effect, Fault, Faults
from localazure.world.governance import Governance, LockLevel, Policy
from localazure.world.names import WorkspaceId
from localazure.world.resources import (
    AuthMode,
    Caller,
    Collection,
    DataCollector,
    Deployment,
    DeploymentSpec,
    Endpoint,
    EndpointSpec,
    Operation,
    OperationError,
    OperationKind,
    OperationStatus,
    ProvisioningState,
    Split,
)
from localazure.world.splits import make_split
from localazure.world.world import World
from localazure.world.write_log import Snapshot, Write, WriteLog

__all__ = [
    "ACTIONS",
    "ASSIGN_IDENTITY",
    "METRICS_READ",
    "READ_SECRETS",
    "SCORE",
    "Access",
    "ArmError",
    "AssetVersion",
    "AuthMode",
    "Call",
    "Caller",
    "Collection",
    "DataCollector",
    "Datastore",
    "Deployment",
    "DeploymentSpec",
    "Dials",
    "Effect",
    "Endpoint",
    "EndpointSpec",
    "Fault",
    "Faults",
    "Governance",
    "LockLevel",
    "Operation",
    "OperationError",
    "OperationKind",
    "OperationStatus",
    "Policy",
    "ProvisioningState",
    "Snapshot",
    "Split",
    "View",
    "WorkspaceId",
    "World",
    "Write",
    "WriteLog",
    "make_split",
]
