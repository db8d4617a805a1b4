"""`rollout init`: a first policy for each endpoint of a workspace; nothing on Azure is changed."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import WorkspaceId, parse_workspace_id
from rollout.adapters.azure_ml.endpoints import ArmEndpoints
from rollout.adapters.bundle.files import read_bundle
from rollout.adapters.credentials import AppCredential
from rollout.addresses import ENDPOINTS, workspace_id
from rollout.cli.drafting import Draft, draft, first_policy
from rollout.cli.exits import ExitCode
from rollout.cli.safe_text import say
from rollout.core.machine.gate_inputs import history_span
from rollout.core.policy.model import Policy
from rollout.core.policy.parsing import POLICY_FILE
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    Absent,
    DeploymentSeen,
    EndpointSeen,
    Minute,
)
from rollout.errors import InvalidInputError, RolloutError
from rollout.ports import MetricsQuestion
from rollout.settings import read_settings_without_storage
from rollout.units import FULL_WEIGHT
from rollout.wiring import dependencies

if TYPE_CHECKING:
    from rollout import ports

AZURE_SECONDS = 30.0
WORKSPACE_SETTING = "AZUREML_WORKSPACE_ID"
_SCORED_NOTE = (
    "Its auth mode is {mode}: sample requests and probes need key or aad_token, so leave them out."
)


class _SkippedError(Exception):
    """No policy for this endpoint; the message says why."""


@dataclass(frozen=True)
class Line:
    """What became of one endpoint. `folder` is "" where nothing was written."""

    endpoint: str
    state: str
    text: str
    folder: str = ""
    warnings: tuple[str, ...] = ()

    def document(self) -> Mapping[str, Any]:
        """Return JSON values."""
        return {
            "endpoint": self.endpoint,
            "state": self.state,
            "text": self.text,
            "folder": self.folder or None,
            "warnings": list(self.warnings),
        }


@dataclass
class _Azure:
    """What is asked of one workspace."""

    workspace: WorkspaceId
    arm: Arm
    metrics: "ports.Metrics"
    endpoints: ArmEndpoints = field(init=False)

    def __post_init__(self) -> None:
        self.endpoints = ArmEndpoints(self.arm)

    def names(self) -> list[str]:
        path = f"{self.workspace.path}/onlineEndpoints"
        found = self.arm.pages(path, timeout=AZURE_SECONDS)
        return sorted(str(each.get("name") or "") for each in found)


def run_init(names: Sequence[str], services: Path, workspace: str | None, *, as_json: bool) -> int:
    """Write, print, and return the exit code.

    Args:
        names: Endpoints; none: all of the workspace.
        services: The folder of services; it need not be there yet.
        workspace: The workspace's ARM id; None: the app's settings name it.
        as_json: Print one JSON document.
    """
    try:
        azure = _azure(workspace)
        taken = _endpoints_taken(services)
        asked = [name.lower() for name in names] or azure.names()
    except (RolloutError, OSError) as error:
        say(str(error), error=True)
        return ExitCode.USAGE
    lines = []
    for line in _each(azure, asked, services, taken):
        lines.append(line)
        if not as_json:
            say(f"{line.state:<8} {line.endpoint}: {line.text}")
            for warning in line.warnings:
                say(f"         {warning}")
    if as_json:
        print(json.dumps([line.document() for line in lines], indent=2))
    elif not lines:
        say("The workspace has no online endpoint.", error=True)
    good = any(line.state == "ready" for line in lines)
    return ExitCode.GOOD if good else ExitCode.NOT_GOOD


def _azure(workspace: str | None) -> _Azure:
    environment = dict(os.environ)
    if workspace is not None:
        found = parse_workspace_id(workspace.strip().rstrip("/"))
        environment[WORKSPACE_SETTING] = found.arm_id
        # They would contradict it.
        for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME"):
            environment.pop(name, None)
    settings = read_settings_without_storage(environment)
    arm = Arm(AppCredential(), base_url=settings.arm_endpoint)
    own = parse_workspace_id(workspace_id(settings.workspace))
    return _Azure(own, arm, dependencies(settings).metrics)


def _endpoints_taken(services: Path) -> Mapping[str, str]:
    """Return which service has which endpoint already; those with faults count as well."""
    if not services.is_dir():
        return {}
    found = read_bundle(services, None).comparable
    return {policy.endpoint.lower(): name for name, policy in found.items()}


def _each(
    azure: _Azure, names: Sequence[str], services: Path, taken: Mapping[str, str]
) -> Iterator[Line]:
    for name in names:
        if name.lower() in taken:
            yield Line(name, "skipped", f"the service {taken[name.lower()]} has it")
            continue
        try:
            yield _written(azure, name, services)
        except (_SkippedError, RolloutError) as why:
            yield Line(name, "skipped", str(why))


def _written(azure: _Azure, name: str, services: Path) -> Line:
    service = name.lower()
    place = services / service
    if place.exists():
        raise _SkippedError(f"{place} is there already, and nothing is overwritten")
    endpoint = f"{azure.workspace.arm_id}{ENDPOINTS}{name}".lower()
    seen = azure.endpoints.endpoint(endpoint, timeout=AZURE_SECONDS)
    if isinstance(seen, Absent):
        raise _SkippedError("there is no such endpoint")
    stable = _stable(seen, azure.endpoints.deployments(endpoint, timeout=AZURE_SECONDS))
    try:
        policy = first_policy(service, service, _model(stable))
    except ValueError as error:
        raise _SkippedError(str(error)) from error
    minutes, why_not = _minutes(azure, endpoint, policy, stable.name)
    made = draft(policy, minutes, why_not)
    notes = () if seen.scored else (_SCORED_NOTE.format(mode=seen.auth_mode),)
    _write(place, made)
    return Line(name, "ready", f"{place}: {made.says}", str(place), (*made.warnings, *notes))


def _stable(seen: EndpointSeen, found: Mapping[str, DeploymentSeen]) -> DeploymentSeen:
    """Return the deployment that serves alone."""
    if seen.mirror:
        raise _SkippedError(f"it mirrors traffic to {', '.join(seen.mirror)}: take that off first")
    if not seen.traffic:
        raise _SkippedError("no deployment has traffic")
    if len(seen.traffic) > 1 or FULL_WEIGHT not in seen.traffic.values():
        split = ", ".join(f"{name} {weight} %" for name, weight in seen.traffic.items())
        raise _SkippedError(f"traffic is split ({split}): give one deployment all of it first")
    (name,) = seen.traffic
    stable = found.get(name)
    if stable is None or stable.state not in ABLE_TO_SERVE:
        state = "absent" if stable is None else str(stable.state)
        raise _SkippedError(f"its deployment {name} is {state}")
    return stable


def _model(stable: DeploymentSeen) -> str:
    if stable.model is None:
        raise _SkippedError(f"{stable.name} serves no registered model that can be told")
    if not stable.model.of_this_workspace:
        raise _SkippedError(
            f"{stable.name} serves {stable.model}, which is not registered in the workspace: such "
            "models cannot be rolled out"
        )
    return stable.model.name


def _minutes(
    azure: _Azure, endpoint: str, policy: Policy, stable: str
) -> tuple[Sequence[Minute] | None, str]:
    """Read stable's recent traffic as a rollout would; None where that cannot be done, and why."""
    start, end = history_span(policy, datetime.now(UTC))
    question = MetricsQuestion(
        stable, candidate=None, start=start, end=end, latency=policy.gate.latency is not None
    )
    try:
        return azure.metrics.minutes(endpoint, question, timeout=AZURE_SECONDS), ""
    except RolloutError as error:
        return None, str(error).rstrip(".")


def _write(place: Path, made: Draft) -> None:
    try:
        place.mkdir(parents=True)
        with (place / POLICY_FILE).open("x", encoding="utf-8") as file:
            file.write(made.text)
    except OSError as error:
        raise InvalidInputError(f"{place} cannot be written: {error.strerror}") from error
