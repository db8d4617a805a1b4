"""The stage on which stories are played: product, world and clients under one virtual clock.

The platform is played too: a tick each minute, wake-ups delivered when they are visible, events and
alerts delivered again when a door fails. A crash drops the process's state; what it was handling is
lost, and the next tick goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from localazure.world import AuthMode, Dials, EndpointSpec, Split, World
from rollout.adapters.storage.wakeups import WakeUp
from rollout.adapters.zones import zone_named
from rollout.core.policy.model import Policy
from rollout.core.records.offers import OfferSource
from rollout.core.records.orders import OrderKey, Proof
from rollout.core.records.phases import Phase
from rollout.core.records.signals import AlertFired, Command, Expected, Offered, Registered, Verb
from rollout.core.records.suspensions import OrderForAll
from rollout.inbound.summary_views import SummaryViews
from rollout.service import (
    AlertOutcome,
    AllOutcome,
    Dependencies,
    Limits,
    OrderOutcome,
    RolloutService,
)
from tests.doubles.memory_messages import MemoryDeliveries
from tests.doubles.memory_ports import (
    FreeTurns,
    MemoryLifecycle,
    MemoryQueue,
    SeqIds,
    StillStopwatch,
)
from tests.doubles.seam import Seam
from tests.doubles.wire import APP, Wire
from tests.doubles.world_collecting import a_datastore
from tests.doubles.world_endpoints import WorldCreator, WorldModels
from tests.doubles.world_predictions import WorldPredictions
from tests.doubles.world_probing import WorldProbing
from tests.doubles.world_traffic import Addressed, WorldScoring
from tests.support.role import ROLE
from tests.support.stories.azure import (
    SOMEBODY,
    Behaviour,
    Clients,
    StoryEndpoints,
    StoryMetrics,
    TalkingRuntime,
    deployment_spec,
)
from tests.support.stories.calls import Interruption, PassCost
from tests.support.stories.facts import Facts
from tests.support.stories.platform import Platform
from tests.support.stories.policies import MODEL, POLICY
from tests.support.stories.surroundings import Bundle, JournaledStore, SilentLog, VirtualClock

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
LONGEST = timedelta(hours=60)
INGESTION_DELAY = timedelta(minutes=1)
STEPS_AT_MOST = 200_000

# What a real endpoint takes is minutes; these keep their order and make every wait visible.
DIALS = Dials(
    endpoint_creation=timedelta(seconds=20),
    endpoint_update=timedelta(seconds=5),
    traffic_update=timedelta(seconds=8),
    deployment_creation=timedelta(seconds=90),
    deployment_scaling=timedelta(seconds=40),
    deployment_deletion=timedelta(seconds=20),
)


class Story(Facts):
    """One product on one world. `given` and `when` verbs are methods; facts are properties.

    `actions` is what the app's identity may do: what its role allows, and nothing else.
    """

    def __init__(
        self,
        policy: Policy = POLICY,
        *,
        dials: Dials = DIALS,
        limits: Limits | None = None,
        actions: Sequence[str] = ROLE.everything,
    ) -> None:
        self.clock = VirtualClock(START)
        self.seam = Seam()
        self.policy = policy
        self.runtime = TalkingRuntime()
        count = iter(range(10**9))
        self.world = World(
            self.clock, self.runtime, dials, new_id=lambda: f"operation-{next(count)}"
        )
        self.world.datastores["workspaceblobstore"] = a_datastore()
        self.clients = Clients(self.world)
        self.store = JournaledStore(
            self.seam, world_writes=lambda: len(self.world.log), clock=self.clock
        )
        self.queue = MemoryQueue(self.clock, seam=self.seam)
        self.lifecycle = MemoryLifecycle(self.seam)
        self.deliveries = MemoryDeliveries(self.seam)
        self.bundle = Bundle({policy.service: policy})
        self.log = SilentLog()
        self.wire = wire = Wire(self.world, self.seam)
        wire.access.allow_only(APP, actions)
        self.creator = WorldCreator(wire)
        self.addressed = Addressed()
        self.probing = WorldProbing(wire, self.clients.answer, self.addressed, self.clients.body)
        self.scoring = WorldScoring(
            wire, self.clients.verdict, self.clients.predict, self.addressed
        )
        self.metrics = StoryMetrics(
            wire,
            quality=self.clients.quality,
            ingestion_delay=INGESTION_DELAY,
            addressed=self.addressed,
            clients=self.clients,
        )
        self.predictions = WorldPredictions(wire)
        self.limits = limits or Limits(workspace=self.world.workspace.path)
        self.ports = Dependencies(
            store=self.store,
            endpoints=StoryEndpoints(wire),
            models=WorldModels(wire),
            creator=self.creator,
            scoring=self.scoring,
            probing=self.probing,
            metrics=self.metrics,
            predictions=self.predictions,
            services=self.bundle,
            lifecycle=self.lifecycle,
            deliveries=self.deliveries,
            queue=self.queue,
            ids=SeqIds(),
            log=self.log,
            summarizer=SummaryViews(),
            stopwatch=StillStopwatch(),
            turns=FreeTurns(),
            zones=zone_named,
        )
        self.service = RolloutService(self.ports, self.limits)
        self.costs: list[PassCost] = []
        self.accepted: list[str] = []
        self.platform = Platform(self.clock, self.queue, self.log, self)
        self.at, self.when = self.platform.at, self.platform.when
        self.delivered = self.platform.delivered

    # -- given

    def adopt(
        self, name: str = "blue-0", version: str = "0", auth: AuthMode = AuthMode.KEY
    ) -> None:
        """An endpoint that somebody made by hand, with all traffic on one deployment."""
        self.put_model(version)
        spec = EndpointSpec("westeurope", auth_mode=auth)
        self.world.endpoints.put(self.policy.endpoint, spec, SOMEBODY)
        self.pass_time(timedelta(seconds=30))
        deployment = deployment_spec(self.world, MODEL, version, 2)
        self.world.deployments.put(self.policy.endpoint, name, deployment, SOMEBODY)
        self.pass_time(timedelta(minutes=2))
        self.foreign_split({name: 100})
        self.pass_time(timedelta(seconds=30))

    def serves(self, version: str, behaviour: Behaviour) -> None:
        self.clients.behaviours[version] = behaviour

    # -- when

    def put_model(self, version: str, tags: dict[str, str] | None = None) -> None:
        body = {"modelUri": f"azureml://{version}", "tags": tags or {}}
        self.world.models.put(MODEL, version, body)

    def archive(self, version: str) -> None:
        """What `ml_client.models.archive` does."""
        body = dict(self.world.models.get(MODEL, version).body)
        self.world.models.put(MODEL, version, {**body, "isArchived": True})

    def delete_model(self, version: str) -> None:
        self.world.models.delete(MODEL, version)

    def register(self, version: str, *, after: timedelta = timedelta(0)) -> None:
        """A model version is registered; its event comes `after` that."""
        self.put_model(version)
        self.event(version, after=after)

    def event(self, version: str, *, after: timedelta = timedelta(0)) -> None:
        """One delivery of the version's event; delivered again when the door fails."""
        moment = self.clock.now + after
        self.at(moment, lambda: self.delivered(lambda: self.registered(version)))

    def registered(self, version: str) -> None:
        """Event Grid calls the door."""
        event = Registered(self.world.workspace.path, MODEL, version, {}, f"event-{version}")
        self.service.registered(event, self.clock.now)
        self.accepted.append(version)
        self.service.watch_timer(self.clock.now)

    def offer(
        self,
        version: str,
        by: str = "ann",
        *,
        key: OrderKey | None = None,
        proof: Proof = Proof(),  # noqa: B008 - frozen
    ) -> OrderOutcome:
        offered = Offered(
            self.policy.service, MODEL, version, OfferSource.START, by, proof=proof, key=key
        )
        self.accepted.append(version)
        return self._watched(self.service.offer(offered, self.clock.now))

    def command(
        self,
        verb: Verb,
        *,
        version: str | None = None,
        expected: Expected | None = None,
        skip_evidence: bool = False,
        key: OrderKey | None = None,
        proof: Proof = Proof(),  # noqa: B008 - frozen
        until: datetime | None = None,
    ) -> OrderOutcome:
        command = Command(
            verb,
            "ann",
            "because",
            expected or Expected(),
            version,
            skip_evidence,
            proof=proof,
            key=key,
            until=until,
        )
        return self._watched(self.service.command(self.policy.service, command, self.clock.now))

    def suspend_all(
        self, *, until: datetime | None = None, key: OrderKey | None = None
    ) -> AllOutcome:
        """An order about all services."""
        return self._for_all(OrderForAll(self.clock.now, "ann", "because", True, until, key))

    def unsuspend_all(self) -> AllOutcome:
        return self._for_all(OrderForAll(self.clock.now, "ann", "it is over", suspends=False))

    def _for_all(self, order: OrderForAll) -> AllOutcome:
        return self._watched(self.service.order_for_all(order))

    def _watched[Outcome](self, outcome: Outcome) -> Outcome:
        """What each door does last (ADR 43)."""
        self.service.watch_timer(self.clock.now)
        return outcome

    def alert(
        self, deployment: str | None = None, *, window_end: datetime | None = None
    ) -> AlertOutcome:
        fired = AlertFired("alert-1", "failures", deployment, window_end, "30 % of requests fail")
        return self._watched(self.service.alert(self.endpoint, fired, self.clock.now))

    def foreign_split(self, split: dict[str, int], mirror: dict[str, int] | None = None) -> None:
        """Somebody else sets the traffic and what is mirrored, keeping the endpoint's tags."""
        spec = self.world.endpoints.get(self.policy.endpoint).spec
        wanted = replace(spec, split=Split(split, mirror or {}))
        self.world.endpoints.put(self.policy.endpoint, wanted, SOMEBODY)

    def tick(self) -> None:
        self.service.tick(self.clock.now)

    def wake(self, wake_up: WakeUp) -> None:
        if not wake_up.endpoints:
            self.service.second_tick(self.clock.now)
            return
        if len(wake_up.endpoints) == 1:
            self.work(
                wake_up.chain_ends,
                wake_up.endpoints[0],
                suspended=wake_up.suspended,
                waits_since=wake_up.waits_since,
            )
        else:
            self.service.work_all(
                wake_up.endpoints,
                self.clock.now,
                wake_up.chain_ends,
                suspended=wake_up.suspended,
            )
        self.service.watch_timer(self.clock.now)

    def interrupt(
        self, nth: int, other: Callable[[], object], *, after: bool = False
    ) -> Interruption:
        """At the nth call from now (0 is the next) another worker does all of its work."""
        return Interruption(self.seam, nth, other, after=after)

    def restart(self) -> None:
        """The process is gone; a new one knows only what is stored."""
        self.service = RolloutService(self.ports, self.limits)

    def is_down(self, span: timedelta) -> None:
        """The app is down for `span`, and a new process goes on."""
        self.platform.stop()
        self.pass_time(span)
        self.platform.go_on()
        self.restart()

    def settings(self, **changes: object) -> None:
        """A new process starts with other settings."""
        self.limits = replace(self.limits, **changes)  # type: ignore[arg-type]  # by field name
        self.service = RolloutService(self.ports, self.limits)

    # -- time

    def pass_time(self, span: timedelta) -> None:
        """Play everything that is due within `span`."""
        end = self.clock.now + span
        while self.platform.step(end):
            pass
        self.clock.to(end)

    def until(self, done: Callable[[], bool], *, within: timedelta = LONGEST) -> None:
        """Play on until a fact holds."""
        end = self.clock.now + within
        for _ in range(STEPS_AT_MOST):
            if done():
                return
            assert self.platform.step(end), f"not within {within}: {self.describe()}"
        raise AssertionError(f"never: {self.describe()}")

    def until_phase(
        self, phase: Phase, *, stage: int | None = None, within: timedelta = LONGEST
    ) -> None:
        self.until(
            lambda: self.phase is phase and (stage is None or self.rollout.stage == stage),
            within=within,
        )

    def until_started(self, version: str, *, within: timedelta = LONGEST) -> None:
        """Play on until the version's rollout owns the endpoint."""
        self.until(lambda: self.version == version, within=within)

    def until_quiet(self, *, within: timedelta = LONGEST) -> None:
        """Everything offered was decided, every rollout ended, all was announced."""
        self.until(lambda: self.platform.quiet and self.idle, within=within)

    def work(
        self,
        chain_ends: datetime | None = None,
        endpoint: str | None = None,
        *,
        suspended: bool = False,
        waits_since: datetime | None = None,
    ) -> None:
        """One pass, as the queue's listener runs it, with its cost noted."""
        before, calls = self.standing, self.seam.calls.copy()
        where, now = endpoint or self.endpoint, self.clock.now
        self.service.work(where, now, chain_ends, suspended=suspended, waits_since=waits_since)
        spent = self.seam.calls - calls
        storage = sum(number for name, number in spent.items() if name.startswith("store."))
        self.costs.append(
            PassCost(
                before,
                self.standing,
                storage - spent["store.put_summary"],
                spent["store.commit"],
                spent["store.version"],
                spent["store.put_summary"],
            )
        )
