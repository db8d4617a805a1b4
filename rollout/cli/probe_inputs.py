"""Whether a service has inputs enough for probes to let a stage pass where there is no traffic."""

from pathlib import Path

from rollout.adapters.templates.faults import Fault
from rollout.core.gate.forecast.probing import lacking
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE
from rollout.core.policy.probes_consistency import LINES, samples_as_inputs
from rollout.core.policy.probes_model import ProbesWhen


def probe_warnings(service: Path, policy: Policy) -> list[Fault]:
    """Return a warning where its inputs cannot be evidence enough; none where it sends no probes.

    `service` is the service's folder, whose files were checked before.
    """
    probes = policy.probes
    if probes is None or probes.when is ProbesWhen.NEVER:
        return []
    count = _count(service, policy, probes.inputs)
    if not count:
        return []
    sentence = lacking(policy.gate, probes, count)
    return [Fault(POLICY_FILE, sentence, "probes", warning=True)] if sentence else []


def _count(service: Path, policy: Policy, inputs: str | None) -> int:
    if inputs is None:
        return len(samples_as_inputs(policy))
    path = service / inputs
    if path.suffix.lower() == LINES:
        lines = path.read_text(encoding="utf-8").splitlines()
        # A body that comes again is no other input.
        return len({line.strip() for line in lines} - {""})
    return sum(each.is_file() for each in path.rglob("*"))
