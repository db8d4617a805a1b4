"""What the `probes` part of a `rollout.yaml` may say."""

from rollout.core.policy.compounds import Entry, Record
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.policy.values import Choice, Duration, Text, Whole

MAX_RATE = 300
"""Pairs a minute; a pass has ten seconds for them."""

MAX_PAIRS = 100_000
MAX_CONCURRENCY = 16
"""Each pair under way is a thread of the pass, and load on both sides."""

MAX_REPEATS = 100
MAX_WARM_UP = 1000
"""A raise waits for ten looks at most, of ten seconds each: few models answer more by then."""

MAX_PATH_CHARACTERS = 260

PROBES = Record(
    (
        Entry(
            "inputs",
            Text(MAX_PATH_CHARACTERS, "a .jsonl file or a folder inside the service's folder"),
            "A .jsonl file with one request a line, or a folder with one a file; without it the "
            "sample requests.",
        ),
        Entry(
            "when",
            Choice(ProbesWhen),
            "auto: while the candidate has fewer live requests a minute than rate; always; never.",
        ),
        Entry("rate", Whole(1, MAX_RATE), "Inputs a minute, each sent to both sides."),
        Entry("max", Whole(1, MAX_PAIRS), "Inputs sent in a whole rollout."),
        Entry("concurrency", Whole(1, MAX_CONCURRENCY), "How many inputs are under way at once."),
        Entry(
            "repeats",
            Whole(1, MAX_REPEATS),
            "How often one input counts towards passing a stage.",
        ),
        Entry("timeout", Duration(), "How long one answer may take before it counts as failed."),
        Entry(
            "warm_up",
            Whole(0, MAX_WARM_UP),
            "Inputs sent to the candidate alone before each raise of its weight; 0: none.",
        ),
    ),
    Probes,
    Probes(),
)
