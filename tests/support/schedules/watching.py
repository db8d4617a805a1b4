"""What the rules know: who gave weight to whom, which call of the product runs, what it saw.

The witnesses are the world's write log, the store's transactions, and what the doubles showed to
the product. Nothing here asks the product what it believes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localazure.world import ArmError, Deployment, DeploymentSpec, Write
from rollout.adapters.azure_ml.arm_bodies import ROLLOUT_TAG, STAMP_TAG
from rollout.core.records.orders import OrderKey, Proof
from rollout.core.records.rollout import Current, Rollout
from rollout.core.records.signals import Command
from tests.support.stories.azure import CONTROLLER
from tests.support.stories.surroundings import Committed

MANAGED = "endpoints.put"
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Before every schedule."""


@dataclass
class Door:
    """One call of the product. `paused`: others went on before it was over.

    `late_write`: they did so between the last check and a write of traffic. `troubled`: a call of
    it failed. `refused`: Azure refused a write of traffic for good. `told` counts how often an
    operator was asked before it. `split` and `busy` are the first endpoint it was shown, `shown`
    and `mirrored` the last; `ready` is a rollout, and what its candidate was as this call first saw
    it ready.
    """

    kind: str
    began: datetime
    order: Command | None = None
    paused: bool = False
    late_write: bool = False
    troubled: bool = False
    refused: bool = False
    told: int = 0
    split: Mapping[str, int] | None = None
    busy: bool = False
    shown: Mapping[str, int] | None = None
    mirrored: Mapping[str, int] | None = None
    ready: tuple[str, tuple[Any, ...]] | None = None


@dataclass
class Loss:
    """Somebody else took all weight from a candidate that had it; `looks` saw it since."""

    rollout: str
    at: datetime
    split: Mapping[str, int]
    looks: int = 0


@dataclass
class Witness:
    """What was seen of a schedule so far.

    `offers` says whether the workspace has a version that may be used. `stale_reads`: Azure shows
    the split before a write for a while.

    `theirs` names the deployments to which somebody else gave weight that they still have;
    `named` those that an order of this rollout may take from; `made` is what the candidate was when
    a look that was saved first saw it ready, `beside` what stable was, both by rollout; `given`
    are the keys of orders that were carried out; `put_forward` says who ordered a version's start,
    by version; `downs` are the spans in which the app was down; `broken` holds rules and what broke
    them. `rehearsed` are the rollouts whose write 0 was shown, with no operation running; `told`
    says how often an operator was asked; `silent_since` is when the timer stopped, `looked` when
    the last pass began, `turned` when a tick's message was last put in the timer's place, and
    `calm_since` when the last trouble ended. `suspended` has the orders to suspend that were
    answered and not lifted, "one" and "all", with their ends; `thawed_until` ends the latest
    override.
    """

    now: Callable[[], datetime]
    find: Callable[[str], Deployment]
    offers: Callable[[str], bool]
    stale_reads: bool
    doors: list[Door] = field(default_factory=list)
    row: Current | None = None
    theirs: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    suspended: dict[str, datetime | None] = field(default_factory=dict)
    thawed_until: datetime | None = None
    made: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    beside: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    loss: Loss | None = None
    downs: list[tuple[datetime, datetime]] = field(default_factory=list)
    given: list[OrderKey] = field(default_factory=list)
    put_forward: dict[str, list[Proof]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    rehearsed: set[str] = field(default_factory=set)
    told: Callable[[], int] = lambda: 0
    silent_since: datetime | None = None
    looked: datetime = BEGINNING
    turned: datetime = BEGINNING
    calm_since: datetime = BEGINNING
    broken: list[tuple[str, str]] = field(default_factory=list)
    places: Counter[str] = field(default_factory=Counter)
    on_write: "list[Callable[[Witness, Write], None]]" = field(default_factory=list)
    on_commit: "list[Callable[[Witness, Committed], None]]" = field(default_factory=list)
    on_leave: "list[Callable[[Witness, Door], None]]" = field(default_factory=list)

    def away(self, since: datetime) -> timedelta:
        """How long the app was down since then."""
        spans = (end - max(start, since) for start, end in self.downs)
        return sum((max(span, timedelta(0)) for span in spans), timedelta(0))

    @property
    def rollout(self) -> Rollout | None:
        return self.row.rollout if self.row is not None else None

    @property
    def door(self) -> Door:
        """The innermost call of the product that is under way."""
        return self.doors[-1] if self.doors else Door("nobody", self.now())

    @contextmanager
    def entered(self, kind: str, order: Command | None = None) -> Iterator[Door]:
        """One call of the product."""
        door = Door(kind, self.now(), order, told=self.told())
        if kind == "work":
            self.looked = self.now()
        self.doors.append(door)
        try:
            yield door
        except BaseException:
            door.troubled = True
            raise
        finally:
            # The innermost one: an equal one may stand below it.
            self.doors.pop()
            for rule in self.on_leave:
                rule(self, door)

    def paused(self, call: str) -> None:
        """Others go on while the call under way stands still."""
        for door in self.doors:
            door.paused = True
            door.late_write = door.late_write or call == MANAGED

    def trouble_until(self, moment: datetime) -> None:
        """Calls fail, or may, until then."""
        self.calm_since = max(self.calm_since, moment)

    def note(self, place: str) -> None:
        """Count that a schedule came here."""
        self.places[place] += 1

    def broke(self, rule: Callable[..., None], what: object) -> None:
        """Note that a rule does not hold. Not raised: the product must not swallow it."""
        self.broken.append((rule.__name__, str(what)))

    def wrote(self, write: Write) -> None:
        """The world changed."""
        for rule in self.on_write:
            rule(self, write)
        if write.operation == MANAGED:
            self._remember_split(write)

    def committed(self, step: Committed) -> None:
        """The store took a transaction."""
        now, ready = step.after.rollout, self.door.ready
        if now is not None and ready is not None and ready[0] == now.id:
            self.made.setdefault(*ready)
        for rule in self.on_commit:
            rule(self, step)
        self._remember_row(step)

    def serves_with(self, name: str | None) -> tuple[Any, ...] | None:
        """What a deployment serves with now; None where there is none."""
        try:
            return identity(self.find(name or "").spec)
        except ArmError:
            return None

    def _remember_split(self, write: Write) -> None:
        before, after = write.before.split.live, write.after.split.live
        if write.caller != CONTROLLER:
            self.theirs |= {name for name in after if after[name] > before.get(name, 0)}
        self.theirs &= set(after)

    def _remember_row(self, step: Committed) -> None:
        was, now = self.rollout, step.after.rollout
        self.row = step.after
        if now is not None and (was is None or was.id != now.id):
            # A trial begins beside what serves, whoever chose that.
            self.theirs.discard(now.stable or "")
            self.named, self.loss = set(), None
            self.names.add(now.candidate)
            if (beside := self.serves_with(now.stable)) is not None:
                self.beside[now.id] = beside
        order = self.door.order
        ordered = any(entry.kind == "Commanded" for entry in step.history)
        if now is not None and order is not None and ordered:
            self._remember_order(now, order)
        if now is not None and now.final:
            self.loss = None

    def _remember_order(self, rollout: Rollout, order: Command) -> None:
        self.named |= set(order.take_from)
        if order.verb.value == "resume":
            # A person wants the rollout to go on from what is there.
            self.theirs.discard(rollout.stable or "")
            if (beside := self.serves_with(rollout.stable)) is not None:
                self.beside[rollout.id] = beside
        if order.take_from:
            self.loss = None


def identity(spec: DeploymentSpec) -> tuple[Any, ...]:
    """What must stay the same for a deployment to be the same, its owner's tag included."""
    return (
        spec.model_id,
        spec.code_id,
        spec.environment_id,
        spec.scoring_script,
        spec.instance_type,
        tuple(sorted(spec.environment_variables.items())),
        spec.tags.get(ROLLOUT_TAG),
    )


def is_ours(write: Write) -> bool:
    """The product asked for a split."""
    return write.operation == MANAGED and write.caller == CONTROLLER and STAMP_TAG in write.tags
