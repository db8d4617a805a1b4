"""What a test or a demonstration may turn: how long things take, and disputed rules."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Dials:
    """Provisioning times and open questions about Azure, with fast defaults.

    With a zero time the operation has ended when its PUT is answered.
    """

    endpoint_creation: timedelta = timedelta(0)
    endpoint_update: timedelta = timedelta(0)
    """An endpoint PUT that leaves the split alone (tags, identity, description)."""
    traffic_update: timedelta = timedelta(0)
    endpoint_deletion: timedelta = timedelta(0)
    deployment_creation: timedelta = timedelta(0)
    """The least time; the runtime must report the container ready too."""
    deployment_update: timedelta = timedelta(0)
    deployment_scaling: timedelta = timedelta(0)
    deployment_deletion: timedelta = timedelta(0)

    stale_read: timedelta = timedelta(0)
    """How long a GET still shows the old split after a traffic PUT has finished. azd has seen this
    on Azure and therefore reads again (Azure/azure-dev, ai_helper.go)."""

    refuse_traffic_while_creating: bool = False
    """Answer 409 to a traffic PUT while any deployment of the endpoint is Creating. Whether Azure
    does is not documented."""

    weight_needs_succeeded: bool = False
    """Refuse to raise the weight of a deployment that is Updating or Scaling, too. By default
    only one that cannot serve (absent, Creating, Failed, Deleting) is refused."""

    delete_cancels: bool = True
    """A DELETE cancels what runs on the deployment (`OperationCanceled`: the troubleshooting page
    calls it overridden by an operation of higher priority). If false, the answer is 409."""

    throttle: bool = False
    """Limit requests as Resource Manager does, for each subscription, caller and kind of operation
    (`localazure.world.throttling`)."""

    throttle_shuts: bool = False
    """A limit that refused a request refuses all until `Retry-After` has passed. By default it
    takes requests again as its bucket fills; the documentation says both."""

    endpoints_page: int = 0
    """How many endpoints a page of their list has; 0: one page has all. How long Azure's pages are
    is not documented."""
