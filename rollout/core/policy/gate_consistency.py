"""Fields of a gate that are fine one by one and contradict each other."""

from collections.abc import Sequence
from datetime import timedelta

from rollout.core.policy.gate_model import Check, GatePolicy, Margin
from rollout.core.policy.model import Stage
from rollout.core.policy.values import Faults, duration_text
from rollout.units import MINUTE

MAX_HISTORY = timedelta(hours=24)
"""One read of each metric serves a day of minutes."""

LOGS_ARRIVE_WITHIN = timedelta(minutes=10)
"""Azure Monitor, "Log data ingestion time": resource logs take 3 to 10 minutes."""

MAX_SLO = 0.9
MIN_SPLIT_TOLERANCE, MAX_SPLIT_TOLERANCE = 0.001, 0.9
"""Nothing is split exactly, and beyond the upper bound no split would be far off."""


def check_gate(gate: GatePolicy, stages: Sequence[Stage], faults: Faults) -> None:
    """Note each contradiction at its place."""
    if faults.under("gate"):
        return
    _check_margins(gate, faults)
    _check_times(gate, faults)
    _check_custom(gate, faults)
    if set(gate.observe_only) >= {Check.ERRORS, Check.MAJORITY, Check.SLO, Check.LATENCY}:
        faults.note(
            "gate.observe_only",
            "Nothing is left that could send a bad candidate back: take errors out of the list.",
        )
    if not faults.under("stages"):
        _check_bakes(gate, stages, faults)


def _check_margins(gate: GatePolicy, faults: Faults) -> None:
    errors = gate.errors
    if not _beyond(errors.limit, errors.tolerance):
        faults.note(
            "gate.errors.limit",
            "It must be beyond the tolerance: ratio and points no less, and one of them more.",
        )
    if errors.slo is not None and not 0 < errors.slo <= MAX_SLO:
        faults.note("gate.errors.slo", f"Write a share above 0% and up to {MAX_SLO:.0%}.")
    latency = gate.latency
    if latency is not None and latency.limit <= latency.tolerance:
        faults.note("gate.latency.limit", "It must be above gate.latency.tolerance.")
    split = gate.split
    if split is not None and not MIN_SPLIT_TOLERANCE <= split.tolerance <= MAX_SPLIT_TOLERANCE:
        faults.note(
            "gate.split.tolerance",
            f"Write a share from {MIN_SPLIT_TOLERANCE:.1%} to {MAX_SPLIT_TOLERANCE:.0%}.",
        )


def _beyond(limit: Margin, tolerance: Margin) -> bool:
    no_less = limit.ratio >= tolerance.ratio and limit.points >= tolerance.points
    return no_less and limit != tolerance


def _check_times(gate: GatePolicy, faults: Faults) -> None:
    if gate.gap < gate.ingestion_delay:
        faults.note("gate.gap", "It must not be shorter than gate.ingestion_delay.")
    if gate.gap >= gate.stale + gate.ingestion_delay:
        text = (
            "It must be shorter than gate.stale + gate.ingestion_delay: one minute is not silence."
        )
        faults.note("gate.gap", text)
    if gate.logs is not None and gate.ingestion_delay < LOGS_ARRIVE_WITHIN:
        faults.note(
            "gate.ingestion_delay",
            f"Logs arrive later than metrics: write at least {duration_text(LOGS_ARRIVE_WITHIN)}, "
            "or leave gate.logs out.",
        )
    if gate.stale_limit < gate.stale:
        faults.note("gate.stale_limit", "It must not be shorter than gate.stale.")
    if gate.history > MAX_HISTORY:
        faults.note(
            "gate.history", f"It is read at once: write {duration_text(MAX_HISTORY)} at most."
        )


def _check_custom(gate: GatePolicy, faults: Faults) -> None:
    taken = {check.value for check in Check}
    for index, check in enumerate(gate.logs.checks if gate.logs is not None else ()):
        if check.name in taken:
            faults.note(
                f"gate.logs.checks[{index}].name", f'"{check.name}" is taken: choose another name.'
            )
        taken.add(check.name)


def _check_bakes(gate: GatePolicy, stages: Sequence[Stage], faults: Faults) -> None:
    least = gate.settle + gate.ingestion_delay + gate.min_minutes * MINUTE
    for index, stage in enumerate(stages):
        if stage.bake < least:
            faults.note(
                f"stages[{index}].bake",
                f"{duration_text(stage.bake)} is too short to see this stage's metrics: write at "
                f"least {duration_text(least)} (gate.settle + gate.ingestion_delay + "
                "gate.min_minutes).",
            )
        elif stage.bake > gate.max_bake:
            faults.note(
                f"stages[{index}].bake",
                f"{duration_text(stage.bake)} is longer than gate.max_bake "
                f"({duration_text(gate.max_bake)}): raise max_bake or shorten the bake.",
            )
