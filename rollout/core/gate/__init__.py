"""The health gate: from minutes of metrics to a verdict, with the reason in one sentence.

`baseline` sums up stable's day before a rollout and `opened` starts from it; `begin_stage` and
`fold` carry the state on, each settled minute once; `judge` gives a verdict on it. All are pure and
use nothing but `math`, so every verdict can be computed again from what was stored. docs/gate.md
explains how the gate decides and what it guarantees.
"""

from rollout.core.gate.checks.creep import earlier
from rollout.core.gate.history.baseline import baseline
from rollout.core.gate.history.promoted import promotion
from rollout.core.gate.judging.doubts import doubted, undecided
from rollout.core.gate.judging.folding import begin_stage, fold, thresholds
from rollout.core.gate.judging.glance import Nearness, harm_so_near, pass_so_near
from rollout.core.gate.judging.judge import Moment, harm, judge
from rollout.core.gate.judging.opening import NONE, opened
from rollout.core.gate.judging.parts import near_harm, still_runs
from rollout.core.gate.judging.prediction_folding import bins_of, fold_predictions
from rollout.core.gate.judging.prediction_summary import answers_told, answers_wanted
from rollout.core.gate.judging.probe_folding import (
    fold_probes,
    fold_round,
    numbers_of,
    pairs_due,
    probe_rate,
    probes_sent,
    round_of,
)
from rollout.core.gate.judging.summary import (
    NO_PROBES,
    evidence_from_probes,
    live_a_minute,
    rollout_probes,
    stage_live,
)
from rollout.core.gate.judging.verdicts import Doubt, Judgement, Verdict
from rollout.core.gate.judging.window import (
    first_minute,
    settled_from,
    settled_until,
    split_settled,
)
from rollout.core.gate.quality.inputs import asks_twice

__all__ = [
    "NONE",
    "NO_PROBES",
    "Doubt",
    "Judgement",
    "Moment",
    "Nearness",
    "Verdict",
    "answers_told",
    "answers_wanted",
    "asks_twice",
    "baseline",
    "begin_stage",
    "bins_of",
    "doubted",
    "earlier",
    "evidence_from_probes",
    "first_minute",
    "fold",
    "fold_predictions",
    "fold_probes",
    "fold_round",
    "harm",
    "harm_so_near",
    "judge",
    "live_a_minute",
    "near_harm",
    "numbers_of",
    "opened",
    "pairs_due",
    "pass_so_near",
    "probe_rate",
    "probes_sent",
    "promotion",
    "rollout_probes",
    "round_of",
    "settled_from",
    "settled_until",
    "split_settled",
    "stage_live",
    "still_runs",
    "thresholds",
    "undecided",
]
