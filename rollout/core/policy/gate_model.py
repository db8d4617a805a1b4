"""What the health gate asks of a stage's evidence: margins, limits, error budget, patience.

Defaults are those whose error rates `make bench-gate` measures. Shares are in 0..1.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class Check(StrEnum):
    """What is checked. Each decides, or only reports when it is listed in `observe_only`.

    `ERRORS`, `MAJORITY` and `LATENCY` compare with stable; `SLO` and `LATENCY_SLO` are absolute;
    `REJECTED` may hold but never rolls back; `DARK` sees a candidate that gets no requests;
    `PROBES` compares how both sides answer the controller's own requests; `SPLIT` asks whether the
    requests go where the weights say, `CREEP` whether the service fails more than it once did:
    both may hold, and never roll back.

    The others judge predictions. `ANSWERS`: does it answer probes differently than stable,
    `LOSSES`: worse by their labels, `FAULTS`: with what no release is meant to answer, `CONSTANT`:
    all inputs alike; `BODIES`, `OUTPUTS` and `ODD` look at what it answered to live requests:
    answers that do not meet what every answer must, the distribution of an output, and outputs that
    are null or out of range.
    """

    ERRORS = "errors"
    MAJORITY = "majority"
    SLO = "slo"
    LATENCY = "latency"
    LATENCY_SLO = "latency_slo"
    REJECTED = "rejected"
    DARK = "dark"
    PROBES = "probes"
    SPLIT = "split"
    CREEP = "creep"
    ANSWERS = "answers"
    LOSSES = "losses"
    FAULTS = "faults"
    CONSTANT = "constant"
    BODIES = "bodies"
    OUTPUTS = "outputs"
    ODD = "odd"


class OnHarm(StrEnum):
    """What a custom check does when its limit is broken."""

    ROLLBACK = "rollback"
    HOLD = "hold"


class OnCreep(StrEnum):
    """What follows where the candidate is worse than what was promoted before it."""

    REPORT = "report"
    HOLD = "hold"


@dataclass(frozen=True)
class Margin:
    """The candidate's share may be `ratio` times stable's plus `points`."""

    ratio: float
    points: float


@dataclass(frozen=True)
class ErrorsCheck:
    """Failed requests (5xx, 424, 408, 429).

    Beyond `tolerance` is harm; `limit` must be excluded before a stage is passed; `slo` is the
    absolute share that must not be exceeded whatever stable does (None: no such share).
    """

    tolerance: Margin = Margin(1.2, 0.0002)
    limit: Margin = Margin(1.5, 0.03)
    slo: float | None = 0.05


@dataclass(frozen=True)
class RejectedCheck:
    """Client errors that are not failures (other 4xx).

    The split is random per request, so a one-sided rise means a broken contract.
    """

    tolerance: Margin = Margin(1.2, 0.01)


@dataclass(frozen=True)
class SplitCheck:
    """Where requests go, against the weights.

    `tolerance` is the part of the requests, in 0..1, that may go elsewhere than the weights say,
    alone or as one group: a client that names a deployment, a connection that stays on one side.
    """

    tolerance: float = 0.3


@dataclass(frozen=True)
class LatencyCheck:
    """How many times slower than stable, at every percentile.

    Slower than `tolerance` is harm; `limit` must be excluded before a stage is passed; `slo` is the
    absolute P95 that 19 of 20 requests must keep (None: no such time).
    """

    tolerance: float = 1.10
    limit: float = 1.20
    slo: timedelta | None = None


@dataclass(frozen=True)
class Budget:
    """Error probabilities of a whole rollout, over all judgements; `advance` is per stage.

    Each is named after its check. The probability of a false rollback is at most the sum of those
    that may roll back.
    """

    errors: float = 0.01
    majority: float = 0.01
    slo: float = 0.005
    latency: float = 0.01
    latency_slo: float = 0.005
    rejected: float = 0.01
    probes: float = 0.005
    split: float = 0.005
    creep: float = 0.005
    answers: float = 0.005
    losses: float = 0.005
    faults: float = 0.005
    constant: float = 0.005
    bodies: float = 0.005
    outputs: float = 0.005
    odd: float = 0.005
    advance: float = 0.05


@dataclass(frozen=True)
class CustomCheck:
    """A query of the user's own: per minute and deployment, how many requests were bad.

    `query` is KQL that returns the columns `minute`, `deployment`, `total`, `bad`. `alpha` is its
    part of the error budget.
    """

    name: str
    query: str
    tolerance: Margin = Margin(1.2, 0.01)
    alpha: float = 0.005
    on_harm: OnHarm = OnHarm.HOLD


@dataclass(frozen=True)
class LogQueries:
    """What is read from Log Analytics beside Azure Monitor's metrics.

    `workspace` is the workspace's id (a GUID), not its ARM id. With `slow_counts` latency is judged
    from every request's duration instead of from per-minute percentiles.
    """

    workspace: str
    slow_counts: bool = True
    checks: tuple[CustomCheck, ...] = ()


@dataclass(frozen=True)
class GatePolicy:
    """One service's gate. A part that is None is not checked.

    `settle`: time after a weight is confirmed before its minutes count; `settle_requests`: how many
    requests the candidate must have answered after that before its latency counts;
    `ingestion_delay`: how long
    a minute's metrics may take to be complete; `gap`: an absent minute older than this counts as
    empty; `min_minutes` and `min_requests` (the candidate's) are the least of a stage; `max_bake`:
    settled minutes after which a stage without enough evidence is inconclusive; `history`: how far
    back stable is read at the start; `short_history`: with less of it `correlation_floor` is the
    least burstiness assumed; `stale` and `stale_limit`: silence of the source that holds, and that
    is inconclusive; `dark` and `dark_requests`: the time without a request, and the requests
    expected in that time, that make a candidate dark; `source_failures`: unreadable metrics in
    a row before the rollout is held; `unknown`: the share of the candidate's requests of a stage
    that may have no HTTP status before it is held; `creep`: what follows where the candidate fails
    more than the endpoint's earlier promotions.
    """

    settle: timedelta = timedelta(minutes=3)
    settle_requests: int = 30
    ingestion_delay: timedelta = timedelta(minutes=4)
    gap: timedelta = timedelta(minutes=10)
    min_minutes: int = 5
    min_requests: int = 50
    max_bake: timedelta = timedelta(hours=2)
    history: timedelta = timedelta(hours=24)
    short_history: timedelta = timedelta(hours=6)
    correlation_floor: float = 0.005
    errors: ErrorsCheck = ErrorsCheck()
    rejected: RejectedCheck | None = RejectedCheck()
    latency: LatencyCheck | None = LatencyCheck()
    split: SplitCheck | None = SplitCheck()
    creep: OnCreep | None = OnCreep.REPORT
    budget: Budget = Budget()
    observe_only: tuple[Check, ...] = ()
    logs: LogQueries | None = None
    stale: timedelta = timedelta(minutes=10)
    stale_limit: timedelta = timedelta(minutes=30)
    dark: timedelta = timedelta(minutes=10)
    dark_requests: int = 20
    source_failures: int = 5
    unknown: float = 0.01

    def with_accepted(self, names: Collection[str]) -> "GatePolicy":
        """Return it with these checks among those that only report: an operator accepted them."""
        accepted = tuple(each for each in Check if each in names and each not in self.observe_only)
        return replace(self, observe_only=(*self.observe_only, *accepted)) if accepted else self
