"""What the `gate` part of a `rollout.yaml` may say."""

from rollout.core.policy.azure_names import CHECK_NAME, LOG_WORKSPACE_ID
from rollout.core.policy.compounds import Entry, ListOf, OrOff, Record
from rollout.core.policy.gate_model import (
    Budget,
    Check,
    CustomCheck,
    ErrorsCheck,
    GatePolicy,
    LatencyCheck,
    LogQueries,
    Margin,
    OnCreep,
    OnHarm,
    RejectedCheck,
    SplitCheck,
)
from rollout.core.policy.values import Choice, Duration, Flag, Name, Number, Passage, Share, Whole

MAX_CUSTOM_CHECKS = 3
"""The gate's state must stay small, and every pass runs each query."""

MAX_QUERY_CHARACTERS = 4000
MAX_RATIO = 100.0
MIN_ALPHA, MAX_ALPHA = 1e-6, 0.1

_ALPHA = Number(MIN_ALPHA, MAX_ALPHA)


def _margin(defaults: Margin) -> Record:
    def build(ratio: float = defaults.ratio, points: float = defaults.points) -> Margin:
        return Margin(ratio, points)

    return Record(
        (
            Entry("ratio", Number(1, MAX_RATIO), "This many times stable's share"),
            Entry("points", Share(), "plus this share."),
        ),
        build,
        defaults,
    )


ERRORS = Record(
    (
        Entry("tolerance", _margin(ErrorsCheck.tolerance), "Beyond it is harm: roll back."),
        Entry("limit", _margin(ErrorsCheck.limit), "It must be excluded before a stage is passed."),
        Entry("slo", OrOff(Share()), "A share that must not be exceeded, whatever stable does."),
    ),
    ErrorsCheck,
    ErrorsCheck(),
)
REJECTED = Record(
    (Entry("tolerance", _margin(RejectedCheck.tolerance), "Beyond it the rollout is held."),),
    RejectedCheck,
    RejectedCheck(),
)
SPLIT = Record(
    (
        Entry(
            "tolerance",
            Share(),
            "The part of the requests that may go elsewhere than the weights say.",
        ),
    ),
    SplitCheck,
    SplitCheck(),
)
LATENCY = Record(
    (
        Entry("tolerance", Number(1, MAX_RATIO), "This many times slower is harm: roll back."),
        Entry("limit", Number(1, MAX_RATIO), "This many times slower must be excluded to pass."),
        Entry("slo", OrOff(Duration()), "A P95 that must not be exceeded, whatever stable does."),
    ),
    LatencyCheck,
    LatencyCheck(),
)
BUDGET = Record(
    (
        Entry("errors", _ALPHA, "False rollbacks by failures compared with stable's."),
        Entry("majority", _ALPHA, "False rollbacks by a majority of worse minutes."),
        Entry("slo", _ALPHA, "False rollbacks by the absolute share of failures."),
        Entry("latency", _ALPHA, "False rollbacks by latency compared with stable's."),
        Entry("latency_slo", _ALPHA, "False rollbacks by the absolute P95."),
        Entry("rejected", _ALPHA, "False holds by other 4xx."),
        Entry("probes", _ALPHA, "False rollbacks by probes compared with stable's."),
        Entry("split", _ALPHA, "False holds by requests that do not go where the weights say."),
        Entry("creep", _ALPHA, "False reports or holds by what was promoted before."),
        Entry("answers", _ALPHA, "False holds or rollbacks by answers that differ from stable's."),
        Entry("losses", _ALPHA, "False holds by answers that are worse by their labels."),
        Entry("faults", _ALPHA, "False rollbacks by faults in answers to probes."),
        Entry("constant", _ALPHA, "False rollbacks by answers that are all alike."),
        Entry("bodies", _ALPHA, "False rollbacks by live answers that are not what they must be."),
        Entry("outputs", _ALPHA, "False holds by the distribution of live outputs."),
        Entry("odd", _ALPHA, "False holds by live outputs that are null or out of range."),
        Entry("advance", _ALPHA, "A stage passed by a candidate at the limit."),
    ),
    Budget,
    Budget(),
)
CUSTOM_CHECK = Record(
    (
        Entry("name", Name(CHECK_NAME), "The check's name in reasons.", required=True),
        Entry(
            "query",
            Passage(MAX_QUERY_CHARACTERS, "KQL that returns minute, deployment, total and bad"),
            "KQL that returns the columns minute, deployment, total, bad.",
            required=True,
        ),
        Entry("tolerance", _margin(CustomCheck.tolerance), "Beyond it is harm."),
        Entry("alpha", _ALPHA, "Its part of the error budget."),
        Entry("on_harm", Choice(OnHarm), "rollback, or hold until an operator decides."),
    ),
    CustomCheck,
    CustomCheck("", ""),
)
LOGS = Record(
    (
        Entry(
            "workspace", Name(LOG_WORKSPACE_ID), "The Log Analytics workspace's id.", required=True
        ),
        Entry("slow_counts", Flag(), "Judge latency from single requests, not from percentiles."),
        Entry("checks", ListOf(CUSTOM_CHECK, 0, MAX_CUSTOM_CHECKS), "Queries of your own."),
    ),
    LogQueries,
    LogQueries(""),
)
GATE = Record(
    (
        Entry(
            "settle", Duration(zero=True), "Time after a weight is confirmed that is not counted."
        ),
        Entry(
            "settle_requests",
            Whole(0, 10**6),
            "Requests answered after it before the candidate's latency counts.",
        ),
        Entry("ingestion_delay", Duration(zero=True), "How long metrics may take to be complete."),
        Entry("gap", Duration(), "A minute without metrics counts as empty when it is older."),
        Entry("min_minutes", Whole(1, 1440), "The least settled minutes with requests."),
        Entry("min_requests", Whole(1, 10**9), "The least requests the candidate answered."),
        Entry("max_bake", Duration(), "Without enough evidence by then it is inconclusive."),
        Entry("history", Duration(), "How far back stable is read at the start."),
        Entry("short_history", Duration(), "With less history the burstiness below is assumed."),
        Entry("correlation_floor", Share(), "The burstiness assumed with a short history."),
        Entry("errors", ERRORS, "Failed requests: 5xx, 424, 408 and 429."),
        Entry("rejected", OrOff(REJECTED), "Other 4xx; false: not checked."),
        Entry("latency", OrOff(LATENCY), "Latency; false: not checked."),
        Entry(
            "split",
            OrOff(SPLIT),
            "Requests that do not go where the weights say hold; false: not checked.",
        ),
        Entry(
            "creep",
            OrOff(Choice(OnCreep)),
            "A candidate that fails more than earlier promotions: report, hold; false: off.",
        ),
        Entry("budget", BUDGET, "Error probabilities of the whole rollout."),
        Entry(
            "observe_only",
            ListOf(Choice(Check), 0, len(Check)),
            "Measured and reported, never decisive.",
        ),
        Entry("logs", OrOff(LOGS), "What is read from Log Analytics; false: nothing."),
        Entry("stale", Duration(), "How long the source may be silent before the gate holds."),
        Entry("stale_limit", Duration(), "A longer silence is inconclusive."),
        Entry("dark", Duration(), "A candidate without requests is dark; after twice that, harm."),
        Entry("dark_requests", Whole(1, 10**6), "The requests it should have had by then."),
        Entry(
            "source_failures",
            Whole(1, 100),
            "Failed reads of the metrics in a row that hold the rollout.",
        ),
        Entry("unknown", Share(), "The share of requests without an HTTP status that may pass."),
    ),
    GatePolicy,
    GatePolicy(),
)
