"""Whether a golden set has rows enough to tell, and time enough for all of them."""

from pathlib import Path

from rollout.adapters.bundle.golden_rows import count_golden
from rollout.adapters.templates.faults import Fault
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE
from rollout.core.policy.quality_model import Golden, Metric
from rollout.core.predictions.golden_verdict import rows_needed
from rollout.units import MINUTE


def golden_warnings(service: Path, policy: Policy) -> list[Fault]:
    """Return warnings where every rollout would be held: for too few rows, or too little time.

    `service` is the service's folder, whose files were checked before.
    """
    golden = policy.quality.golden if policy.quality is not None else None
    if golden is None:
        return []
    rows = count_golden(service, golden)
    return [*_too_few(golden, rows), *_too_slow(golden, rows)] if rows else []


def _too_few(golden: Golden, rows: int) -> list[Fault]:
    needed = rows_needed(golden)
    if rows >= needed:
        return []
    each = " of each class" if golden.labelled.metric is Metric.AUC else ""
    sentence = (
        f"The golden set has {rows:,} rows, and its limits need {needed:,}{each}: with fewer "
        "one row outweighs them, and every rollout is held for a person. Add rows, or widen "
        "worse_by or least."
    )
    return [Fault(POLICY_FILE, sentence, "quality.golden", warning=True)]


def _too_slow(golden: Golden, rows: int) -> list[Fault]:
    takes = rows / golden.rate * MINUTE
    if takes <= golden.time:
        return []
    sentence = (
        f"The golden set has {rows:,} rows, which take {takes / MINUTE:,.0f} min at {golden.rate} "
        "a minute, longer than its time: every rollout is held for a person. Raise rate or time."
    )
    return [Fault(POLICY_FILE, sentence, "quality.golden.time", warning=True)]
