"""Whether a golden set has rows enough for its verdict not to hang on a single one."""

from pathlib import Path

from rollout.adapters.bundle.golden_rows import count_golden
from rollout.adapters.templates.faults import Fault
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE
from rollout.core.policy.quality_model import Metric
from rollout.core.predictions.golden_verdict import rows_needed


def golden_warnings(service: Path, policy: Policy) -> list[Fault]:
    """Return a warning where every rollout would be held for too few rows.

    `service` is the service's folder, whose files were checked before.
    """
    golden = policy.quality.golden if policy.quality is not None else None
    if golden is None:
        return []
    rows, needed = count_golden(service, golden), rows_needed(golden)
    if not rows or rows >= needed:
        return []
    each = " of each class" if golden.labelled.metric is Metric.AUC else ""
    sentence = (
        f"The golden set has {rows:,} rows, and worse_by needs {needed:,}{each}: with fewer one "
        "row outweighs it, and every rollout is held for a person. Add rows, or widen worse_by."
    )
    return [Fault(POLICY_FILE, sentence, "quality.golden", warning=True)]
