"""What a policy says of predictions: which answers are compared, with what, and what follows.

Shares and points are in 0..1 (0.01 is one point). A part that is None is not looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from rollout.core.policy.expectation import Expectation, Interval, JsonType

MAX_OUTPUTS = 4
"""Outputs whose distribution is followed: each takes part of the gate's state."""


class Difference(StrEnum):
    """What follows where the candidate answers more inputs differently than tolerated.

    `EXPECTED`: the release is meant to answer differently; it is reported and decides nothing.
    """

    HOLD = "hold"
    ROLLBACK = "rollback"
    EXPECTED = "expected"


class Metric(StrEnum):
    """How answers are scored against labels. Of `ACCURACY`, `EXACT` and `AUC` more is better."""

    ACCURACY = "accuracy"
    EXACT = "exact"
    LOG_LOSS = "log_loss"
    MAE = "mae"
    RMSE = "rmse"
    AUC = "auc"


class OutputKind(StrEnum):
    """A number is counted in stable's deciles, a label in its most common values."""

    NUMBER = "number"
    LABEL = "label"


@dataclass(frozen=True)
class Compared:
    """When two answers to one input differ, and how many may.

    Numbers differ beyond `atol + rtol * |stable's|`; lists are compared item by item; a path that
    one side lacks differs. `paths` are compared; empty: everything. `tolerance`: a larger share of
    different answers is harm; `limit`: a share that must be excluded before a stage is passed.
    """

    paths: tuple[str, ...] = ()
    rtol: float = 0.01
    atol: float = 1e-6
    tolerance: float = 0.05
    limit: float = 0.10


@dataclass(frozen=True)
class Labelled:
    """Where a labelled row has its parts, and how an answer is scored.

    `answer` is the path of the prediction in an answer (`$`: all of it). `label` and `input` are
    fields of a row of the `.jsonl` file; `input` "": the row without its label. In a `.csv` file
    `label` is a column. Of `LOG_LOSS` and `AUC` the prediction is the probability of the class 1.
    """

    metric: Metric = Metric.EXACT
    answer: str = "$"
    label: str = "label"
    input: str = "input"


@dataclass(frozen=True)
class Golden:
    """Labelled inputs that both sides answer before the candidate gets any traffic.

    `file` is a `.jsonl` or `.csv` file, or a folder of them, relative to the service's folder.
    `least` and `most` are absolute limits of the metric (None: no limit); `worse_by` is how much
    worse than stable it may be, in the metric's unit (None: not compared). `time` bounds sending,
    over all passes; `rate` is rows a minute to each side.
    """

    file: str
    labelled: Labelled = Labelled()
    least: float | None = None
    most: float | None = None
    worse_by: float | None = 0.01
    rate: int = 120
    time: timedelta = timedelta(minutes=30)


@dataclass(frozen=True)
class FieldRule:
    """What every answer must have at one path. None asks for nothing.

    `shape`: the lengths of nested lists, -1 where any length is right. `sums_to`: of a list of
    numbers, within one part in a thousand. `labels`: the only values there are.
    """

    type: JsonType | None = None
    shape: tuple[int, ...] | None = None
    range: Interval | None = None
    labels: tuple[str, ...] | None = None
    sums_to: float | None = None
    nullable: bool = False


@dataclass(frozen=True)
class Contract:
    """What every answer must look like.

    `learn`: stable's answers to the same inputs say it, where `fields` do not. `added` allows
    fields that stable's answers lack; losing one is never allowed.
    """

    learn: bool = True
    added: bool = True
    fields: Mapping[str, FieldRule] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """A label or number of the collected outputs whose distribution is compared with stable's.

    `tolerance` is a total variation distance; `range` is where a number must be.
    """

    path: str
    kind: OutputKind = OutputKind.NUMBER
    tolerance: float = 0.10
    range: Interval | None = None


@dataclass(frozen=True)
class Live:
    """What the deployments' data collectors wrote of real requests, and what is read of it.

    `collection` is `response` (the platform's own payload logging) or the name that the scoring
    script collects its outputs under. `inputs` names the collection of inputs that is switched on
    with it ("": none). `sampling` is the share of requests collected; `datastore` names where they
    are written. `expect` is what every collected answer must meet (its status and latency are not
    looked at).
    """

    collection: str = "model_outputs"
    inputs: str = ""
    outputs: tuple[Output, ...] = ()
    expect: Expectation = field(default_factory=Expectation)
    sampling: float = 1.0
    datastore: str = "workspaceblobstore"


@dataclass(frozen=True)
class Quality:
    """How predictions are judged. A document without the part has `EXPECTED` differences.

    `expect` is what every answer to a probe must meet, beside what its own sample request expects
    (its status and latency are not looked at). `probed` scores the answers to labelled probes: each
    line of `probes.inputs` then is a row with an input and a label (None: they have no labels).
    """

    difference: Difference = Difference.HOLD
    compared: Compared = Compared()
    contract: Contract | None = Contract()
    expect: Expectation = field(default_factory=Expectation)
    golden: Golden | None = None
    probed: Labelled | None = None
    live: Live | None = None
