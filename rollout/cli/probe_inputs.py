"""Whether a service has inputs enough for probes to let a stage pass where there is no traffic."""

from pathlib import Path

from rollout.adapters.bundle.probe_inputs import count_inputs
from rollout.adapters.templates.faults import Fault
from rollout.core.overview.planned import planned_probes
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE


def probe_warnings(service: Path, policy: Policy) -> list[Fault]:
    """Return a warning where its inputs cannot be evidence enough; none where it sends no probes.

    `service` is the service's folder, whose files were checked before.
    """
    planned = planned_probes(policy, count_inputs(service, policy))
    if planned is None or not planned.lack:
        return []
    return [Fault(POLICY_FILE, planned.lack, "probes", warning=True)]
