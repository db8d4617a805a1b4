"""Every field of the log line that each saved decision writes, with what it says.

Saved queries and people's own name these fields, so none of them changes its meaning.
docs/telemetry.md and the queries of `infra/queries` are compared with this table by tests.
"""

from collections.abc import Mapping

DECISION_FIELDS: Mapping[str, str] = {
    "at": "when it was saved, UTC",
    "commit": "the id of the save",
    "service": "the service",
    "endpoint": "the endpoint's ARM id, in lower case",
    "rollout": "the rollout's id; `0` before an endpoint's first",
    "model": "the model on trial; empty: there is no rollout",
    "version": "its version; empty: there is no rollout",
    "phase": "the phase after the decision",
    "phaseBefore": "the phase before it; `NONE` for a rollout that begins",
    "stage": "the stage after the decision, counted from 0",
    "stages": "how many stages the policy has",
    "weight": "the percentage of the traffic that is wanted for the candidate now",
    "weightBefore": "what was wanted for it before",
    "kinds": "the kinds of its history rows, in order; none: it judged minutes only",
    "sequence": "the number of its last history row; 0: it has none",
    "text": "the first row's sentence, else the evidence as the gate words it",
    "actor": "who gave the order, if one did",
    "cause": "why the rollout goes back or ended, once it does",
    "hold": "the reason of the hold that it is in",
    "verdict": "the gate's last verdict",
    "check": "the check that is nearest to harm",
    "odds": "how likely that check makes harm, as a number to one; null: nothing is judged",
    "oddsNeeded": "from which odds on it is harm",
    "minutes": "how many minutes it judged for the first time",
    "requests": "the candidate's requests in these minutes, as far as they are known",
    "failed": "how many of them failed",
    "stableRequests": "stable's requests in these minutes",
    "stableFailed": "how many of them failed",
}
