"""Every kind of history row: each is also the type of a lifecycle event, with what its data has.

The words are stored and others subscribe to them, so none of them changes its meaning.
docs/lifecycle-events.md is made from this table, and tests compare stored rows with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EventFacts:
    """`when` it is written, and what its `details` hold; not every event has all of them."""

    when: str
    details: Mapping[str, str] = field(default_factory=dict)


_PLAN = {
    "gate": "the gate's policy, frozen for this rollout",
    "probes": "the policy of probes, frozen likewise; null: none are sent",
    "quality": "the policy of predictions, frozen likewise; null: none are judged",
    "inputs": "the distinct inputs of probes that there were",
    "onInconclusive": "what the policy says of a stage without enough evidence",
    "plannedMinutes": "the most minutes that all stages together may bake",
    "baseline": "what the gate knows of stable; null: not read yet",
    "plan": "the forecast for each stage, or why there is none",
}
_JUDGEMENT = {
    "verdict": "the gate's verdict",
    "numbers": "the evidence of every check",
    "judged": "the moment that was judged",
    "window": "when the stage's window began",
    "provisional": "the minutes that were not complete yet",
    "accepted": "the checks of predictions whose findings an operator accepted: they only report",
}
_CHANGE = {
    "finding": "what was concluded",
    "cause": "why the rollout goes back or ended, once it does",
    "golden": "of a validation: both sides' scores of the golden set, and the limits",
    "contract": "of a validation: what the contract was learnt from, and where it is broken",
    **_JUDGEMENT,
}
_TOLD = {
    "service": "the service",
    "version": "the model version on trial",
    "cause": "the reason of the hold, else the cause of the end, else the phase",
    "split": "the traffic as it was last seen",
    "next": "what to do now",
    "since": "when the hold was set, else when the phase began",
    "by": "who set the hold; empty: nobody, or there is none",
    "evidence": "of a stage: what its requests showed, and how many failed; empty: none yet",
}

LIFECYCLE_EVENTS: Mapping[str, EventFacts] = {
    "OfferDecided": EventFacts(
        "an offered version waits, starts, or does not start",
        {
            "model": "the model",
            "version": "the version",
            "state": "the offer's state (operations.md)",
        },
    ),
    "RolloutStarted": EventFacts(
        "a rollout begins",
        {
            "candidate": "the deployment that will be created",
            "stable": "the deployment that serves; null: none",
            "model": "the model",
            "version": "the version",
            "reason": "the operator's reason, for one that an operator offered",
            "bundle": "the digest of the bundle",
            "flavors": "how two MLflow models were packaged otherwise; empty: not, or unknown",
            **_PLAN,
        },
    ),
    "Planned": EventFacts("stable's history became known only after the start", _PLAN),
    "PhaseChanged": EventFacts(
        "the rollout enters a phase or a further stage",
        {
            **_CHANGE,
            "from": "the phase before",
            "wanted": "the split that is wanted now",
            "mirror": "what is to be mirrored to the candidate, in a stage that mirrors",
            "kind": "of a failed creation or validation: the kind of failure (operations.md)",
        },
    ),
    "Held": EventFacts("a hold is set; an attention or a notice follows", _CHANGE),
    "HoldLifted": EventFacts("a hold ended and the phase did not"),
    "Commanded": EventFacts(
        "an operator's command is carried out; the actor gave it",
        {
            "verb": "the command",
            "version": "the version that a cancel withdraws",
            "take_from": "third deployments whose traffic it takes",
            "skipped": "the verdict and evidence that an advance goes on without",
            "until": "when a suspension ends by itself",
        },
    ),
    "Suspended": EventFacts(
        "a rollout is suspended, by an order about its service or about all",
        {
            "by": "who gave the order, or the setting",
            "reason": "why",
            "until": "when it ends by itself; null: not",
            "all": "whether it is about all services",
        },
    ),
    "Unsuspended": EventFacts("a rollout is no longer suspended"),
    "Unwatched": EventFacts(
        "the controller looks again after a time in which it was down; no limit ran meanwhile",
        {"since": "from when on nobody watched", "seconds": "for how long"},
    ),
    "AlertReceived": EventFacts(
        "an alert came that is not a repeat",
        {"alert": "its id", "rule": "the rule", "outcome": "what it caused"},
    ),
    "Repaired": EventFacts(
        "a row that its history had run ahead of was repaired",
        {"adopted": "how many history rows it took over"},
    ),
    "AttentionNeeded": EventFacts(
        "an operator must act; the log line begins with `RolloutAttention`", _TOLD
    ),
    "Notice": EventFacts("operators should know; the log line begins with `RolloutNotice`", _TOLD),
}
