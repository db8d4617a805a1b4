"""What can be asked of a story: facts of the world and of the stored row, past every hook."""

from localazure.world import World
from rollout.core.policy.model import Policy
from rollout.core.records.history import HistoryEntry
from rollout.core.records.offers import OfferRecord
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current, Rollout
from rollout.errors import UnreadableRowError
from rollout.ports import Stored
from tests.doubles.seam import Seam
from tests.support.stories.calls import Unseen
from tests.support.stories.policies import MODEL
from tests.support.stories.surroundings import JournaledStore, SilentLog


class Facts:
    """The reading half of a story."""

    policy: Policy
    world: World
    store: JournaledStore
    seam: Seam
    log: SilentLog

    @property
    def endpoint(self) -> str:
        return self.world.workspace.endpoint(self.policy.endpoint).lower()

    @property
    def row(self) -> Stored | None:
        """The owner row past every hook; None where there is none that can be read."""
        try:
            return self.store._load(self.endpoint)
        except UnreadableRowError:
            return None

    @property
    def current(self) -> Current:
        stored = self.row
        assert stored is not None, "nothing was offered yet"
        return stored.current

    @property
    def rollout(self) -> Rollout:
        rollout = self.current.rollout
        assert rollout is not None, "no rollout started yet"
        return rollout

    @property
    def phase(self) -> Phase:
        stored = self.row
        return stored.current.phase if stored else Phase.NONE

    @property
    def standing(self) -> tuple[Phase, int]:
        """Phase and stage of the latest rollout; NONE and 0 before the first."""
        stored = self.row
        if stored is None or stored.current.rollout is None:
            return Phase.NONE, 0
        return stored.current.rollout.phase, stored.current.rollout.stage

    @property
    def split(self) -> dict[str, int]:
        """What requests follow now; empty without an endpoint."""
        found = [e for e in self.world.endpoints.list() if e.name == self.policy.endpoint]
        return dict(found[0].split.live) if found else {}

    @property
    def mirror(self) -> dict[str, int]:
        """What requests are copied to now; empty without an endpoint."""
        found = [e for e in self.world.endpoints.list() if e.name == self.policy.endpoint]
        return dict(found[0].split.mirror) if found else {}

    @property
    def deployments(self) -> dict[str, str]:
        """Names to states; empty without an endpoint."""
        found = [e for e in self.world.endpoints.list() if e.name == self.policy.endpoint]
        listed = self.world.deployments.list(self.policy.endpoint) if found else []
        return {deployment.name: deployment.state.value for deployment in listed}

    @property
    def idle(self) -> bool:
        """All was decided, ended and announced, and `Live` is empty."""
        stored = self.row
        return stored is not None and stored.current.idle and not self.store._live

    @property
    def is_held(self) -> bool:
        stored = self.row
        rollout = stored.current.rollout if stored else None
        return rollout is not None and rollout.hold is not None and not rollout.final

    def as_it_ended(self, rollout: str) -> Rollout:
        """A rollout as it was last stored, even if another one owns the endpoint now."""
        owners = (step.after.rollout for step in reversed(self.store.journal))
        return next(owner for owner in owners if owner is not None and owner.id == rollout)

    def history(self, rollout: str | None = None) -> list[HistoryEntry]:
        key = rollout or self.current.rollout_id
        with self.unseen():
            return list(self.store.history(self.endpoint, key, 10_000))

    def offer_of(self, version: str) -> OfferRecord:
        with self.unseen():
            record = self.store.offer(self.endpoint, MODEL, version)
        assert record is not None, f"version {version} was never accepted"
        return record

    def unseen(self) -> Unseen:
        """Look at the store without being counted or crashed."""
        return Unseen(self.seam)

    @property
    def version(self) -> str | None:
        stored = self.row
        rollout = stored.current.rollout if stored else None
        return rollout.release.version if rollout else None

    def describe(self) -> str:
        if self.row is None:
            return "no row"
        entries = "\n".join(f"{e.at:%H:%M:%S} {e.kind} {e.text}" for e in self.history()[-12:])
        log = "\n".join(self.log.lines[-8:])
        rollout = self.current.rollout
        hold = rollout.hold if rollout else None
        facts = f"{self.phase} {hold} {self.split} {self.deployments} {self.current.offers}"
        return f"{facts}\n{entries}\n{log}\n{self.log.attentions[-3:]}"
