"""`rollout plan`: how long a rollout of a service would take now, and what it would see."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from rollout.adapters.bundle.golden_rows import count_golden
from rollout.adapters.bundle.probe_inputs import count_inputs
from rollout.adapters.metrics.recorded_minutes import read_recorded
from rollout.cli.exits import ExitCode
from rollout.cli.planned_predictions import predictions_table
from rollout.cli.policies import UsageError, policy_of
from rollout.cli.safe_text import say
from rollout.core.gate import baseline
from rollout.core.gate.forecast.planner import NoPlan, Plan
from rollout.core.gate.forecast.stages import StagePlan
from rollout.core.machine.gate_inputs import history_span
from rollout.core.overview.planned import planned
from rollout.core.policy.model import Policy
from rollout.core.policy.values import duration_text
from rollout.core.records.observation import EndpointSeen, Minute
from rollout.core.records.outlook import EvidenceFrom
from rollout.errors import RolloutError
from rollout.ports import MetricsQuestion
from rollout.service.directory import Directory
from rollout.settings import read_settings_without_storage
from rollout.units import FULL_WEIGHT
from rollout.wiring import dependencies, limits

SATISFIABLE, UNSATISFIABLE = 0, 1
_HEADS = (
    "weight",
    "requests/min",
    "minutes",
    "waits for",
    "passes by",
    "chance",
    "failures from",
    "slower from",
)


def run_plan(
    service: str, services: Path, recorded: Path | None, stable: str | None, *, as_json: bool
) -> int:
    """Plan, print, and return the exit code.

    Args:
        service: The service's name.
        services: The folder of services.
        recorded: A file of stable's minutes; None: they are read from Azure.
        stable: Stable's deployment; None: the one that has all traffic.
        as_json: Print one JSON object.
    """
    try:
        policy = policy_of(services, service)
        if recorded is not None:
            read = read_recorded(recorded, stable=stable)
            minutes: Sequence[Minute] = [each.minute for each in read]
        else:
            minutes = _live(policy, stable)
    except (UsageError, RolloutError) as error:
        say(str(error), error=True)
        return ExitCode.USAGE
    known = baseline(policy.gate, minutes)
    folder = services / service
    found = planned(policy, known, count_inputs(folder, policy), golden_rows_in(folder, policy))
    if isinstance(found, NoPlan):
        say(f"{found.why}: a rollout starts all the same, without a plan.", error=True)
        return ExitCode.USAGE
    if as_json:
        print(json.dumps(found.document(), indent=2))
    else:
        _print(policy, found.plan, found.sentences, found.warnings)
    return SATISFIABLE if found.plan.satisfiable else UNSATISFIABLE


def golden_rows_in(folder: Path, policy: Policy) -> int:
    """Count the rows of a service's golden set; 0 where there is none, or none can be read."""
    golden = policy.quality.golden if policy.quality is not None else None
    return 0 if golden is None else count_golden(folder, golden)


def _live(policy: Policy, stable: str | None) -> Sequence[Minute]:
    """Read stable's history as a rollout that starts now would."""
    settings = read_settings_without_storage(os.environ)
    ports = dependencies(settings)
    endpoint = Directory(ports, limits(settings)).endpoint_id(policy)
    timeout = settings.arm_timeout.total_seconds()
    if stable is None:
        seen = ports.endpoints.endpoint(endpoint, timeout=timeout)
        if not isinstance(seen, EndpointSeen):
            raise UsageError(
                f"there is no endpoint {policy.endpoint} yet: no traffic to plan with."
            )
        full = [name for name, weight in seen.traffic.items() if weight == FULL_WEIGHT]
        if not full:
            split = ", ".join(f"{name} {weight} %" for name, weight in seen.traffic.items())
            raise UsageError(
                f"no deployment of {policy.endpoint} has all its traffic ({split or 'none'}): use "
                "--stable NAME."
            )
        stable = full[0]
    start, end = history_span(policy, datetime.now(UTC))
    latency = policy.gate.latency is not None
    question = MetricsQuestion(stable, candidate=None, start=start, end=end, latency=latency)
    return ports.metrics.minutes(endpoint, question, timeout=timeout)


def _print(policy: Policy, found: Plan, told: Sequence[str], warnings: Sequence[str]) -> None:
    print(
        f"stable: {found.per_minute:,.1f} requests a minute, {found.share:.2%} failed, "
        f"{found.hours:g} h known"
    )
    if found.stages:
        _print_table([_HEADS, *(_row(found, stage) for stage in found.stages)])
    if table := predictions_table(found):
        print("\npredictions, by the end of max_bake:")
        _print_table(table)
    for sentence in told:
        print(f"\n{sentence}")
    if found.max_bake != policy.gate.max_bake:
        print(
            f"\ngate.max_bake: {duration_text(found.max_bake)}, because every stage finds its "
            "evidence in that time and rollout.yaml leaves it open"
        )
    for warning in warnings:
        print(f"\nwarning: {warning}")


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells))


def _row(found: Plan, stage: StagePlan) -> tuple[str, ...]:
    longest = max(stage.needs, key=lambda each: each.minutes)
    return (
        stage.shown,
        f"{stage.requests:,.1f}",
        f"{stage.lasts:,.0f}" if isfinite(stage.lasts) else "never",
        longest.name,
        _passes_by(found, stage),
        f"{stage.chance:.0%}",
        "none" if stage.rise is None else f"{stage.rise:.2%}",
        "-" if stage.slowdown is None else f"{stage.slowdown:.2f} x",
    )


def _passes_by(found: Plan, stage: StagePlan) -> str:
    if stage.source is EvidenceFrom.NOWHERE:
        return "being clean" if found.unproven else "nothing sure"
    return stage.source.value
