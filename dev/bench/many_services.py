"""A bundle of many services, and the rows of a baking rollout of each."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.places import SERVICE, SERVICE_FOLDER
from rollout.addresses import ENDPOINTS, workspace_id
from rollout.core.overview.standing import standing
from rollout.core.policy.model import Policy, Stage
from rollout.core.records.offers import Release
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Clock, Current, Rollout, Seen
from rollout.inbound.summary_views import FORM, SummaryViews
from rollout.ports import SummaryRow
from rollout.settings import Settings

AT = datetime(2026, 1, 1, tzinfo=UTC)
BAKE = timedelta(minutes=10)
WORKSPACE = {
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "AZURE_RESOURCE_GROUP": "rg-ml",
    "AZUREML_WORKSPACE_NAME": "ws",
}

NAMING = ("rollout.yaml", "endpoint.yml", "deployment.yml")
"""Files of a service that name it or its endpoint."""


def names(count: int) -> Sequence[str]:
    """Return the names of so many services."""
    return [f"service-{number:05}" for number in range(count)]


def write_bundle(folder: Path, count: int) -> str:
    """Write a folder of services, copies of the example; return its path."""
    texts = {name: (SERVICE_FOLDER / name).read_text() for name in NAMING}
    for name in names(count):
        shutil.copytree(SERVICE_FOLDER, folder / name)
        for file, text in texts.items():
            named = text.replace(f"service: {SERVICE}\n", f"service: {name}\n")
            (folder / name / file).write_text(named.replace(f"{SERVICE}-endpoint", name))
    return str(folder)


def endpoint_of(settings: Settings, name: str) -> str:
    """Return the ARM id of a service's endpoint, in lower case."""
    return f"{workspace_id(settings.workspace)}{ENDPOINTS}{name}".lower()


def baking(
    settings: Settings, name: str, at: datetime = AT, *, next_look: datetime | None = None
) -> Current:
    """Return the owner row of a service whose first stage bakes since `at`."""
    stages = (Stage(10, BAKE), Stage(50, BAKE), Stage(100, BAKE))
    policy = Policy(name, name, "model", stages=stages)
    rollout = Rollout(
        id=f"{at:%Y%m%dT%H%M%S}000000Z-0001",
        service=name,
        release=Release("model", "7", "digest"),
        candidate="green-7",
        stable="blue-6",
        policy=policy,
        bundle_digest="bundle",
        phase=Phase.BAKING,
        stage=0,
        since=at,
        started_at=at,
        phase_clock=Clock(at),
        deadline_clock=Clock(at),
        baking=Baking(at, evidence="candidate 0 of 71 failed; harm 0.9:1 of 100:1 (errors)"),
        seen=Seen(endpoint=True, at=at, split={"blue-6": 90, "green-7": 10}),
    )
    return Current(endpoint_of(settings, name), name, at, rollout, next_look=next_look)


def summary(settings: Settings, name: str, at: datetime = AT) -> SummaryRow:
    """Return the list's row of a service whose first stage bakes since `at`."""
    current = baking(settings, name, at)
    text = SummaryViews().text(name, current.endpoint, current, at)
    stands = standing(current)
    return SummaryRow(name, current.endpoint, stands, FORM, at, at, live=True, text=text)
