"""Whether a service has inputs enough for probes to let a stage pass where there is no traffic."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.probe_inputs import count_inputs
from rollout.adapters.templates.faults import Fault
from rollout.core.gate import NONE
from rollout.core.gate.forecast.probing import lacking, minutes_needed
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE
from rollout.core.policy.probes_model import ProbesWhen


@dataclass(frozen=True)
class ProbesPlanned:
    """What a service's probes can prove by themselves: `inputs` are distinct ones.

    `minutes` of a stage until they alone have, `inf`: never; `lack` says why not, "" where nothing
    is missing.
    """

    inputs: int
    minutes: float
    lack: str

    @property
    def sentence(self) -> str:
        """What a plan says of them."""
        said = f"probes: {self.inputs} inputs; without live traffic they"
        if isfinite(self.minutes):
            return f"{said} prove a stage in about {self.minutes:,.0f} min"
        return f"{said} never prove a stage"

    def document(self) -> dict[str, Any]:
        """Return JSON values; None stands for never."""
        return {
            "inputs": self.inputs,
            "minutes": round(self.minutes, 1) if isfinite(self.minutes) else None,
        }


def plan_probes(
    service: Path, policy: Policy, known: Mapping[str, Any] = NONE
) -> ProbesPlanned | None:
    """Say what probes can prove; None where none are sent.

    Args:
        service: The service's folder, whose files were checked before.
        policy: Its policy.
        known: The baseline, where stable's traffic was read.
    """
    probes = policy.probes
    if probes is None or probes.when is ProbesWhen.NEVER:
        return None
    count = count_inputs(service, policy)
    if not count:
        return None
    minutes = minutes_needed(policy.gate, probes, count, known)
    return ProbesPlanned(count, minutes, lacking(policy.gate, probes, count, known))


def probe_warnings(service: Path, policy: Policy) -> list[Fault]:
    """Return a warning where its inputs cannot be evidence enough; none where it sends no probes.

    `service` is the service's folder, whose files were checked before.
    """
    planned = plan_probes(service, policy)
    if planned is None or not planned.lack:
        return []
    return [Fault(POLICY_FILE, planned.lack, "probes", warning=True)]
