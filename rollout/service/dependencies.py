"""What the service gets: its ports and its limits. Built by `rollout.wiring` only."""

from dataclasses import dataclass, field
from datetime import timedelta

from rollout.core.policy.freeze_model import Zones
from rollout.core.records.retention import Retention
from rollout.ports import (
    Creator,
    Deliveries,
    Endpoints,
    Ids,
    Lifecycle,
    Log,
    Metrics,
    Models,
    Predictions,
    Probing,
    RolloutStore,
    Scoring,
    Services,
    Stopwatch,
    Summarizer,
    Turns,
    WorkQueue,
)


@dataclass(frozen=True)
class Dependencies:
    """One of each port. `zones` are the rules of the freeze windows' time zones."""

    store: RolloutStore
    endpoints: Endpoints
    models: Models
    creator: Creator
    scoring: Scoring
    probing: Probing
    metrics: Metrics
    predictions: Predictions
    services: Services
    lifecycle: Lifecycle
    deliveries: Deliveries
    queue: WorkQueue
    ids: Ids
    log: Log
    summarizer: Summarizer
    stopwatch: Stopwatch
    turns: Turns
    zones: Zones


@dataclass(frozen=True)
class Rhythm:
    """How often a round over endpoints begins, and within what each of them comes again.

    A round that began on time and takes no longer than the difference keeps the promise: whoever
    was first in one round and last in the next waited no longer than `within`. One that is spread
    over time on purpose comes to each endpoint at the same part of `spread` each time.
    """

    every: timedelta
    within: timedelta
    spread: timedelta = timedelta(0)

    @property
    def allowed(self) -> timedelta:
        """How long a round may take."""
        return self.spread + self.within - self.every


@dataclass(frozen=True)
class Limits:
    """Every bound of the service.

    `workspace` is the ARM id of the app's workspace. `sign_in`: the platform proves who calls;
    `announces`: there is a topic for lifecycle events; `channels` names where messages may go, and
    `message_faults` says why they may not reach everybody: all are only told. `races`: how often a
    lost race is decided again at once; `steps`: how many phases one pass may run through;
    `chain`: how long one wake-up may go on waking itself (the tick interval); `waking_time`: how
    long a tick may put wake-ups, which it spreads over `spread_each` for each endpoint beyond
    `spread_above` that is due, and over `spread` at most; `group`: how many endpoints one message
    wakes at most, where more than `messages` are due for each, and `group_time` how long they may
    take before the rest gets messages of its own; `failures`: failed passes in a row before the log
    asks for an operator; `sweep_live`, `sweep_all`, `clean` and `prune` are the rounds over live
    endpoints, over all that are known, for leftovers and for old rows, `slice_time` how long each
    may take of one tick, and `at_once` how many endpoints it reads at the same time;
    `orphan_after`: how old a row in `Live` is dropped where no offer followed it; `probe_time`: how
    long a pass may send requests of the app's own; `raise_within`: how soon after its checks a
    raise begins, and how long the answer to an order that suspends waits; `longest_wait`: how
    long a look waits for its turn before it need not (the time until Azure is asked in spite of
    the estimate, and until a 429 counts as no answer); `waits_told_every`: how often that asks for
    an operator; `recheck_overtaken`: how far apart looks are after a raise
    that Azure may have taken after a rollback was saved; `second_clock_after`: how old the mark of
    a tick that woke something may be before other invocations tick in its place (ADR 43), and
    `second_clock_every` how far apart they do at least.
    """

    workspace: str
    suspended: bool = False
    sign_in_missing: bool = False
    sign_in: bool = False
    announces: bool = False
    channels: tuple[str, ...] = ()
    message_faults: tuple[str, ...] = ()
    health_cached: timedelta = timedelta(seconds=5)
    recheck: timedelta = timedelta(seconds=5)
    recheck_overtaken: timedelta = timedelta(seconds=1)
    chain: timedelta = timedelta(seconds=60)
    arm_timeout: timedelta = timedelta(seconds=10)
    door_timeout: timedelta = timedelta(seconds=3)
    probe_time: timedelta = timedelta(seconds=10)
    raise_within: timedelta = timedelta(seconds=2)
    longest_wait: timedelta = timedelta(seconds=90)
    waits_told_every: timedelta = timedelta(minutes=15)
    races: int = 3
    steps: int = 12
    failures: int = 3
    publish_batch: int = 50
    mark_tick_every: timedelta = timedelta(minutes=5)
    tick_overdue: timedelta = timedelta(minutes=10)
    second_clock_after: timedelta = timedelta(minutes=2)
    second_clock_every: timedelta = timedelta(seconds=45)
    sweep_live: Rhythm = Rhythm(timedelta(minutes=10), timedelta(minutes=15))
    sweep_all: Rhythm = Rhythm(timedelta(minutes=150), timedelta(hours=3))
    clean: Rhythm = Rhythm(timedelta(minutes=50), timedelta(hours=1), timedelta(minutes=40))
    prune: Rhythm = Rhythm(timedelta(hours=23), timedelta(days=1))
    slice_time: timedelta = timedelta(seconds=10)
    at_once: int = 1
    retention: Retention = field(default_factory=Retention)
    orphan_after: timedelta = timedelta(minutes=10)
    waking_time: timedelta = timedelta(seconds=30)
    spread: timedelta = timedelta(seconds=50)
    spread_each: timedelta = timedelta(milliseconds=250)
    spread_above: int = 25
    group: int = 8
    messages: int = 100
    group_time: timedelta = timedelta(seconds=20)
    offers_shown: int = 50
