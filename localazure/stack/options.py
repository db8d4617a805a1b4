"""What can be chosen when a local Azure is started."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from localazure.event_grid.events import Casing
from localazure.event_grid.subscription import DeliverySchema
from localazure.world import Dials, WorkspaceId

DEFAULT_WORK = Path(".local") / "azure"
DEFAULT_ENVIRONMENTS = Path(".local") / "environments"
DEFAULT_TOPIC = "lifecycle"


class RuntimeKind(StrEnum):
    """What stands behind a deployment."""

    PROCESS = "process"
    """A real scoring server per deployment, in an environment built from the conda file."""
    INSTANT = "instant"
    """Nothing: every deployment is ready at once and answers as configured."""


@dataclass(frozen=True)
class StackOptions:
    """Everything a stack starts with; the defaults are fast and keep nothing.

    `alert_every` evaluates every alert rule that often; None obeys each rule's own frequency.
    `retry_scale` multiplies the waits of Event Grid and of action groups. `storage` keeps Azurite's
    data in a folder; None keeps it in memory. `work` holds certificates and containers' files. All
    folders must be absolute.
    """

    work: Path
    environments: Path
    storage: Path | None = None
    runtime: RuntimeKind = RuntimeKind.PROCESS
    workspace: WorkspaceId = field(default_factory=WorkspaceId)
    topic: str = DEFAULT_TOPIC
    dials: Dials = field(default_factory=Dials)
    ingestion_delay: timedelta = timedelta(0)
    log_delay: timedelta = timedelta(0)
    alert_every: timedelta | None = None
    poll_delay: timedelta = timedelta(seconds=1)
    retry_scale: float = 1.0
    seed: int | None = None
    subscribe: tuple[str, ...] = ()
    event_schema: DeliverySchema = DeliverySchema.EVENT_GRID
    casing: Casing = Casing.PASCAL
    control_port: int = 0
