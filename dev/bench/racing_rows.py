"""Endpoints and rows for races: each row's next pass raises the candidate.

The rows are copies of one that a real rollout left behind, each on an endpoint of its own.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from demo.local_cloud import LocalCloud
from demo.places import ENDPOINT, MODEL, SERVICE
from dev.bench.local_place import CloudWithoutApp
from dev.bench.metering import environment_in_force, register, services_in
from dev.bench.racing_services import ARM_SECONDS, Worker, worker
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.arm_ids import parse_endpoint_id
from rollout.adapters.azure_ml.endpoints import traffic_body
from rollout.adapters.credentials import AppCredential
from rollout.core.machine.wanted import previous_split
from rollout.core.records.observation import DeploymentSeen, EndpointSeen
from rollout.core.records.offers import OfferSource
from rollout.core.records.phases import FINAL_PHASES, Phase
from rollout.core.records.rollout import Clock, Current
from rollout.core.records.signals import Command, Expected, Offered, Verb
from rollout.ports import Commit, NewDeployment
from rollout.service import Dependencies

STEP = timedelta(seconds=6)
MINUTE = timedelta(minutes=1)
KEEP = timedelta(hours=1)
MAX_PASSES = 60
MOST_ROWS = 50
SEPARATE = {"ROLLOUTS_TABLE": "RacedRollouts", "LIVE_TABLE": "RacedLive", "WORK_QUEUE": "raced"}
AS_DEPLOYED = {"RECHECK_SECONDS": "5", "TICK_SCHEDULE": "0 * * * * *"}
"""The demo looks again sooner, and ticks more often."""


@dataclass
class Rows:
    """Endpoints, and the row whose next pass raises the candidate on each."""

    ports: Dependencies
    template: Current
    seen: Mapping[str, EndpointSeen]
    names: Sequence[str]

    @property
    def candidate(self) -> str:
        """The deployment that is raised."""
        return self.template.owner.candidate

    def prepare(self, endpoint: str, *, saves: bool) -> None:
        """Put endpoint and row to where the raise is due.

        `saves`: the pass commits right before it raises, as it does where a stage was passed;
        else it only repeats what is asked for already.
        """
        rollout, now, store = self.template.owner, datetime.now(UTC), self.ports.store
        self.ports.endpoints.set_traffic(
            endpoint,
            self.seen[endpoint],
            previous_split(rollout),
            {},
            stamp=f"{rollout.id}/{rollout.write - 1}",
            timeout=ARM_SECONDS,
        )
        store.prune(endpoint, history=store.history_after(endpoint, self.template.head, MOST_ROWS))
        clock = Clock(now)
        seen = replace(rollout.seen, present=() if saves else tuple(sorted(self.names)))
        fresh = replace(rollout, since=now, phase_clock=clock, deadline_clock=clock, seen=seen)
        row = replace(self.template, endpoint=endpoint, rollout=fresh, saved_at=now)
        store.commit(Commit(row, store.load(endpoint)))


@contextmanager
def racing(work: Path, endpoints: int) -> Iterator[tuple[LocalCloud, Mapping[str, str], Rows]]:
    """A local Azure with so many endpoints; the settings of a service; and the rows."""
    said = StringIO()  # the SDK prints its progress
    services = services_in(work / "services")
    with CloudWithoutApp(work / "cloud", services, azure_options=("--runtime", "instant")) as cloud:
        environment = {**cloud.app_environment(), **SEPARATE, **AS_DEPLOYED}
        with environment_in_force(environment):
            with redirect_stdout(said), redirect_stderr(said):
                first = worker(environment)
                template = _about_to_raise(cloud, first)
            yield cloud, environment, _copied(first.ports, template, endpoints)


def _about_to_raise(cloud: LocalCloud, first: Worker) -> Current:
    for version in ("1", "2"):
        register(cloud, version)
    endpoint = f"{cloud.azure['workspaceId']}/onlineEndpoints/{ENDPOINT}".lower()
    now = datetime.now(UTC)
    for version, phases in (("1", FINAL_PHASES), ("2", {Phase.BAKING})):
        offered = Offered(SERVICE, MODEL, version, OfferSource.START, "benchmark")
        first.service.offer(offered, now)
        for _ in range(MAX_PASSES):
            first.service.work(endpoint, now, None)
            stored = first.ports.store.load(endpoint)
            now += MINUTE if stored and stored.current.phase is Phase.BAKING else STEP
            if stored is not None and stored.current.phase in phases and not stored.current.offers:
                break
        else:
            raise TimeoutError(f"version {version} did not get far enough")
    order = Command(Verb.ADVANCE, "benchmark", "a race", Expected(), None, skip_evidence=True)
    first.service.command(SERVICE, order, now)
    stored = first.ports.store.load(endpoint)
    assert stored is not None
    assert stored.current.phase is Phase.SHIFTING
    # A candidate is kept for a while after a rollback, as it is by default.
    rollout = stored.current.owner
    policy = replace(rollout.policy, rollback=replace(rollout.policy.rollback, keep=KEEP))
    kept = replace(rollout, policy=policy)
    return replace(stored.current, rollout=kept, published=stored.current.head)


def _copied(ports: Dependencies, template: Current, endpoints: int) -> Rows:
    arm = Arm(AppCredential(), base_url=os.environ["ARM_ENDPOINT"])
    live = ports.endpoints.endpoint(template.endpoint, timeout=ARM_SECONDS)
    deployments = ports.endpoints.deployments(template.endpoint, timeout=ARM_SECONDS)
    assert isinstance(live, EndpointSeen)
    seen: dict[str, EndpointSeen] = {}
    for number in range(endpoints):
        endpoint = f"{template.endpoint}-{number:03d}"
        body = traffic_body(live.body, {}, {}, "none")
        arm.put(parse_endpoint_id(endpoint).path, body, timeout=ARM_SECONDS)
        for each in deployments.values():
            ports.endpoints.copy_deployment(endpoint, each, _copy_of(each), timeout=ARM_SECONDS)
        found = ports.endpoints.endpoint(endpoint, timeout=ARM_SECONDS)
        assert isinstance(found, EndpointSeen)
        seen[endpoint] = found
    return Rows(ports, template, seen, tuple(deployments))


def _copy_of(source: DeploymentSeen) -> NewDeployment:
    assert source.model is not None
    return NewDeployment(
        source.name,
        source.model.name,
        source.model.version,
        source.rollout_tag or "none",
        None,
        datetime.now(UTC) + timedelta(minutes=10),
    )
