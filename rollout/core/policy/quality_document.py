"""What the `quality` part of a `rollout.yaml` may say."""

from dataclasses import dataclass
from typing import Any

from rollout.core.policy.azure_names import COLLECTION_NAME, DATASTORE_NAME
from rollout.core.policy.compounds import Entry, JsonPath, ListOf, MapOf, OrOff, Record
from rollout.core.policy.expectation import JsonType
from rollout.core.policy.expectation_document import BODY_EXPECT, MAX_EXPECTATIONS, MAX_LENGTH
from rollout.core.policy.labels import Label
from rollout.core.policy.pairs import IntervalPair
from rollout.core.policy.quality_model import (
    MAX_OUTPUTS,
    Compared,
    Contract,
    Difference,
    FieldRule,
    Golden,
    Labelled,
    Live,
    Metric,
    Output,
    OutputKind,
    Quality,
)
from rollout.core.policy.values import (
    Choice,
    Duration,
    Faults,
    Flag,
    Kind,
    Name,
    Number,
    Schema,
    Share,
    Text,
    Whole,
)

MAX_COMPARED_PATHS = 20

MAX_LABELS = 100
MAX_SHAPE = 8
MAX_ATOL = 1e12
MAX_METRIC = 1e12
MAX_GOLDEN_RATE = 1200
MAX_FIELD_CHARACTERS = 128
MAX_FILE_CHARACTERS = 260


@dataclass(frozen=True)
class NoneOr:
    """A text, or `false` for none, which is read as ""."""

    kind: Kind

    def read(self, value: Any, place: str, faults: Faults) -> Any:
        return "" if value is False else self.kind.read(value, place, faults)

    def schema(self) -> Schema:
        return {"anyOf": [self.kind.schema(), {"const": False}]}

    def show(self, value: Any) -> Any:
        return value or False


COMPARED = Record(
    (
        Entry(
            "paths",
            ListOf(JsonPath(), 0, MAX_COMPARED_PATHS),
            "What is compared of two answers; empty: everything.",
        ),
        Entry("rtol", Share(), "Numbers may differ by this share of stable's, plus atol."),
        Entry("atol", Number(0, MAX_ATOL), "Numbers may differ by this, plus rtol."),
        Entry("tolerance", Share(), "A larger share of different answers is harm."),
        Entry("limit", Share(), "A share that must be excluded before a stage is passed."),
    ),
    Compared,
    Compared(),
)
FIELD_RULE = Record(
    (
        Entry("type", Choice(JsonType), "Its JSON type."),
        Entry(
            "shape",
            ListOf(Whole(-1, MAX_LENGTH), 1, MAX_SHAPE),
            "The lengths of nested lists, -1 where any length is right.",
        ),
        Entry("range", IntervalPair(), "The least and the most that its numbers may be."),
        Entry("labels", ListOf(Label(), 1, MAX_LABELS), "The only values there are."),
        Entry("sums_to", Number(-MAX_METRIC, MAX_METRIC), "What a list of numbers adds up to."),
        Entry("nullable", Flag(), "Whether it may be null or missing."),
    ),
    FieldRule,
    FieldRule(),
)
CONTRACT = Record(
    (
        Entry("learn", Flag(), "Learn from stable's answers what fields does not say."),
        Entry("added", Flag(), "Allow fields that stable's answers lack."),
        Entry(
            "fields",
            MapOf(JsonPath(), FIELD_RULE, MAX_EXPECTATIONS),
            "Paths with what every answer must have there.",
        ),
    ),
    Contract,
    Contract(),
)
LABELLED = Record(
    (
        Entry("metric", Choice(Metric), "How an answer is scored against its label."),
        Entry("answer", JsonPath(), "The path of the prediction in an answer."),
        Entry("label", Text(MAX_FIELD_CHARACTERS), "The field or column of a row's label."),
        Entry(
            "input",
            NoneOr(Text(MAX_FIELD_CHARACTERS)),
            "The field of a row's input; false: the row without its label.",
        ),
    ),
    Labelled,
    Labelled(),
)
GOLDEN = Record(
    (
        Entry(
            "file",
            Text(MAX_FILE_CHARACTERS, "a .jsonl or .csv file inside the service's folder"),
            "A .jsonl or .csv file of inputs with their labels, or a folder of them.",
            required=True,
        ),
        Entry("labelled", LABELLED, "Where inputs, labels and predictions are."),
        Entry("least", Number(-MAX_METRIC, MAX_METRIC), "The least the metric may be."),
        Entry("most", Number(-MAX_METRIC, MAX_METRIC), "The most the metric may be."),
        Entry(
            "worse_by",
            OrOff(Number(0, MAX_METRIC)),
            "How much worse than stable it may be; false: not compared.",
        ),
        Entry("rate", Whole(1, MAX_GOLDEN_RATE), "Rows a minute, each sent to both sides."),
        Entry("time", Duration(), "How long sending all rows may take."),
    ),
    Golden,
    Golden(""),
)
OUTPUT = Record(
    (
        Entry("path", JsonPath(), "Its path in a collected answer or row.", required=True),
        Entry("kind", Choice(OutputKind), "number: counted in stable's deciles; label: by value."),
        Entry("tolerance", Share(), "How much of the distribution may have moved."),
        Entry("range", IntervalPair(), "The least and the most that a number may be."),
    ),
    Output,
    Output(""),
)
LIVE = Record(
    (
        Entry("collection", Name(COLLECTION_NAME), "The collection of outputs, or response."),
        Entry(
            "inputs",
            NoneOr(Name(COLLECTION_NAME)),
            "A collection of inputs that is switched on too; false: none.",
        ),
        Entry("outputs", ListOf(OUTPUT, 0, MAX_OUTPUTS), "What is counted of each answer."),
        Entry("expect", BODY_EXPECT, "What every collected answer must be."),
        Entry("sampling", Share(), "The share of requests that is collected."),
        Entry("datastore", Name(DATASTORE_NAME), "The datastore that they are written to."),
    ),
    Live,
    Live(),
)
QUALITY = Record(
    (
        Entry(
            "difference",
            Choice(Difference),
            "What follows where too many answers differ: hold, rollback; expected: a report.",
        ),
        Entry("compared", COMPARED, "When two answers to one input differ, and how many may."),
        Entry("contract", OrOff(CONTRACT), "What every answer must look like; false: anything."),
        Entry("expect", BODY_EXPECT, "What every answer to a probe must be."),
        Entry("golden", OrOff(GOLDEN), "Labelled inputs before any traffic; false: none."),
        Entry("probed", OrOff(LABELLED), "Labels of the probes' inputs; false: they have none."),
        Entry("live", OrOff(LIVE), "What is read of collected answers; false: nothing."),
    ),
    Quality,
    Quality(),
)
