"""What surrounds the product in a story: the clock, the bundle, and the journal of the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from localazure.stack.predictions import right_label
from rollout.adapters.storage import live_rows, table_keys
from rollout.adapters.storage.table_rows import Operation
from rollout.core.machine.sleeping import wakes_at
from rollout.core.policy.model import Policy
from rollout.core.records.history import HistoryEntry
from rollout.core.records.observation import ServiceSeen
from rollout.core.records.rollout import Current
from rollout.errors import InvalidPolicyError, ServicesUnavailableError
from rollout.ports import (
    Catalogue,
    Commit,
    ExamRow,
    ExamRows,
    FaultyService,
    ProbeInput,
    ProbeInputs,
    Stored,
)
from tests.doubles.memory_store import MemoryStore
from tests.support.stories.calls import expect


@dataclass
class VirtualClock:
    """Time that passes only when a story says so."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)

    def by(self, span: timedelta) -> None:
        self.now += span


@dataclass
class Bundle:
    """`Services` from memory. `digest` stands for the template files of every service.

    `golden` is the number of rows of every golden set: row n has the input n and the label n % 3.
    """

    policies: dict[str, Policy]
    digest: str = "template-1"
    readable: bool = True
    faulty: tuple[FaultyService, ...] = ()
    inputs: int = 40
    golden: int = 0
    golden_fault: str = ""

    def all(self) -> Catalogue:
        self._check()
        faulty = {each.service for each in self.faulty}
        usable = [each for name, each in self.policies.items() if name not in faulty]
        return Catalogue(usable, self.faulty)

    def serving(self, model: str) -> Catalogue:
        everyone = self.all()
        return Catalogue(
            [each for each in everyone.policies if each.model.lower() == model.lower()],
            [each for each in everyone.faulty if (each.model or model).lower() == model.lower()],
        )

    def find(self, name: str) -> Policy | FaultyService | None:
        everyone = self.all()
        found: list[Policy | FaultyService] = [*everyone.policies, *everyone.faulty]
        return next((each for each in found if each.service == name), None)

    def service(self, name: str) -> ServiceSeen:
        self._check()
        for each in self.faulty:
            if each.service == name and each.claim is None:
                raise InvalidPolicyError(each.faults)
        digest = f"bundle of {self.digest}"
        return ServiceSeen(self.policies.get(name), self.digest, digest, self.inputs)

    def samples(self, name: str, files: Sequence[str]) -> Mapping[str, bytes]:
        self._check()
        return {file: f'{{"service": "{name}"}}'.encode() for file in files}

    def probe_inputs(self, policy: Policy, first: int, pairs: int) -> ProbeInputs:
        self._check()
        if not self.inputs:
            raise ServicesUnavailableError("there is no input to probe")
        turns = [number % self.inputs for number in range(first, first + pairs)]
        labelled = policy.quality is not None and policy.quality.probed is not None
        return ProbeInputs(self.inputs, tuple(_input(turn, labelled=labelled) for turn in turns))

    def contract_inputs(self, policy: Policy, most: int) -> ExamRows:
        self._check()
        rows = tuple(ExamRow(_input(number)) for number in range(min(most, self.inputs)))
        return ExamRows(len(rows), rows)

    def golden_rows(self, policy: Policy, template: str, first: int, count: int) -> ExamRows:
        self._check()
        if template != self.digest:
            raise ServicesUnavailableError("the template changed")
        if self.golden_fault:
            return ExamRows(0, fault=self.golden_fault)
        numbers = range(first, min(first + count, self.golden))
        return ExamRows(self.golden, tuple(ExamRow(_input(each), each % 3) for each in numbers))

    def _check(self) -> None:
        if not self.readable:
            raise ServicesUnavailableError("the bundle's container does not answer")


def _input(turn: int, *, labelled: bool = False) -> ProbeInput:
    body = f'{{"input": {turn}}}'.encode()
    return ProbeInput(body, "application/json", right_label(body) if labelled else None)


@dataclass(frozen=True)
class Committed:
    """One stored transaction, and how many writes the world had seen before it."""

    before: Current | None
    after: Current
    history: tuple[HistoryEntry, ...]
    world_writes: int


@dataclass
class JournaledStore(MemoryStore):
    """A store that remembers every transaction, for the invariants, and tells whoever listens."""

    journal: list[Committed] = field(default_factory=list)
    listeners: list[Callable[[Committed], None]] = field(default_factory=list)
    world_writes: Callable[[], int] = lambda: 0
    clock: Callable[[], datetime] | None = None
    """The tick's; None: nobody watches when endpoints are due."""

    def written(self, key: str) -> None:
        """At every moment an endpoint is due no later than its row wants the next look."""
        row, owner = self._live.get(key), self._partitions.get(key, {}).get(table_keys.CURRENT)
        if self.clock is None or row is None or owner is None or owner.value is None:
            return
        due = live_rows.read_live(row.entity, row.version).due
        wanted = wakes_at(owner.value.current)
        if due is not None:
            now = self.clock()
            expect(due <= (wanted or now), f"due at {due}, and wanted at {wanted} ({now})")

    def due(self, endpoint: str) -> datetime | None:
        """When an endpoint's row of `Live` is due, past every hook; None where it has none."""
        row = self._live.get(table_keys.partition_key(endpoint))
        return live_rows.read_live(row.entity, row.version).due if row is not None else None

    def _commit(self, commit: Commit, writes: Sequence[Operation]) -> Stored:
        # Below the seam: a commit whose answer is lost is in the journal too.
        stored = super()._commit(commit, writes)
        before = commit.expected.current if commit.expected else None
        committed = Committed(before, commit.current, tuple(commit.history), self.world_writes())
        self.journal.append(committed)
        for listener in self.listeners:
            listener(committed)
        return stored


@dataclass
class SilentLog:
    """`Log` that keeps what asked for a person."""

    attentions: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    decisions: list[Mapping[str, Any]] = field(default_factory=list)

    def info(self, text: str, **fields: object) -> None:
        self.lines.append(f"{text} {fields}" if fields else text)

    def attention(self, text: str, **fields: object) -> None:
        del fields
        self.attentions.append(text)

    def notice(self, text: str, **fields: object) -> None:
        del fields
        self.notices.append(text)

    def decided(self, line: Mapping[str, Any]) -> None:
        self.decisions.append(line)
