"""The reasons of verdicts: both sides' numbers, the limit, the odds, and what would change them."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil, exp, inf, log

from rollout.core.gate.checks.errors import FAILURES
from rollout.core.gate.checks.wording import failed, margin
from rollout.core.gate.judging.crowding import Crowded
from rollout.core.gate.judging.odds import Standing
from rollout.core.gate.judging.state import State
from rollout.core.gate.probing.combining import from_probes, together
from rollout.core.gate.probing.wording import part_of_evidence, tallied
from rollout.core.gate.quality.proof import Shown
from rollout.core.gate.quality.wording import differing, losses
from rollout.core.policy.gate_model import Check, GatePolicy

MAX_ODDS = 1e6
"""Larger ones are not told apart."""

_ANY_GROWTH = 1e-3
"""ln of the odds below which the evidence has not grown: what is stored is rounded."""


def odds(ln: float) -> str:
    value = exp(min(ln, log(MAX_ODDS)))
    if ln >= log(MAX_ODDS):
        return f"over {MAX_ODDS:,.0f}:1"
    return f"{value:,.0f}:1" if value >= 10 else f"{value:.1f}:1"  # noqa: PLR2004 - readable digits


def harm(state: State, standing: Standing) -> str:
    check = standing.check
    since = state.fired[check.name]
    return (
        f"{check.title}: {_seen(state, standing)}; harm odds {odds(standing.ln)}"
        f", rollback at {odds(check.ln_needed)}, reached in the minute of {since[11:16]} UTC; "
        "only a new release or `retry` changes that"
    )


def held(state: State, standing: Standing) -> str:
    check = standing.check
    return (
        f"{check.title}: {_seen(state, standing)}; odds {odds(standing.ln)}, "
        f"hold at {odds(check.ln_needed)}; {_what_ends(check.name)}"
    )


def _what_ends(name: str) -> str:
    # There are only so many inputs: once they are compared the odds stay what they are.
    if name in (Check.ANSWERS, Check.LOSSES):
        return "`advance` accepts that, `rollback` sends it back"
    return "the hold lifts itself if the odds fall; `advance` or `rollback` ends it sooner"


def reported(state: State, standing: Standing) -> str:
    check = standing.check
    return (
        f"{check.title}: {_seen(state, standing)}; odds {odds(standing.ln)}, "
        f"reported from {odds(check.ln_needed)} on"
    )


def paused(state: State, standing: Standing) -> str:
    check = standing.check
    return (
        f"{check.title}: {_seen(state, standing)}; odds {odds(standing.ln)}, alarm at "
        f"{odds(check.ln_needed)}. It may only be cold, so this first alarm holds for another "
        f"{standing.pause} min; then the bets begin afresh, and a second alarm rolls back"
    )


def crowded(state: State, found: Crowded) -> str:
    return (
        f"the candidate is too small for this weight: {found.refused:,.0f} of "
        f"{found.requests:,.0f} requests were refused (429), it has {found.has} of the "
        f"{found.needs} instances that {state.stage.share} % of stable's traffic needs; this is "
        "not blamed on the model. Give it more instances, or let it scale by itself; the hold "
        f"lifts itself after another {found.left} min without a refusal"
    )


def not_to_blame(state: State, standing: Standing, ln: float, excuse: str) -> str:
    """`ln` are the odds that the limit is broken, whoever is to blame."""
    check = standing.check
    return (
        f"{check.title}, but {excuse}: {_seen(state, standing)}; odds {odds(ln)} that the "
        f"limit is broken, {odds(standing.ln)} that the candidate is to blame, rollback at "
        f"{odds(check.ln_needed)}; the hold lifts itself once the limit is kept again"
    )


def suspicious(state: State, standing: Standing) -> str:
    needed = standing.check.ln_needed
    what = "harm odds" if standing.check.harm else "odds"
    return (
        f"enough evidence to advance, but {standing.check.title}: {_seen(state, standing)}; "
        f"{what} {odds(standing.ln)}, proven at {odds(needed)}; "
        f"advances once the odds are below {odds(needed / 2)}"
    )


def dark(policy: GatePolicy, state: State) -> str:
    quiet = state.quiet
    return (
        f"the candidate had no requests for {quiet.minutes} min although "
        f"{quiet.expected:,.0f} were expected at {state.stage.weight} %: "
        f"rollback after {minutes_of(2 * policy.dark)} min, "
        "unless a request reaches it before"
    )


def unknown(policy: GatePolicy, state: State) -> str:
    stage = state.stage
    requests = stage.totals.candidate[0] + stage.unknown
    return (
        f"{stage.unknown:,.0f} of the candidate's {requests:,.0f} requests in this stage have no "
        f"HTTP status ({stage.unknown_share:.2%}, at most {policy.unknown:.2%}), so nobody knows "
        "what became of them; they count neither for nor against it. The hold lifts itself once "
        "their share is within the limit; `advance` or `rollback` ends it sooner"
    )


def no_mirrored(expected: float) -> str:
    return f"Azure Monitor shows no mirrored requests, where {expected:,.0f} were expected"


def silent(silence: timedelta, limit: timedelta) -> str:
    return (
        f"no metrics for {minutes_of(silence)} min: nothing moves until they come back; "
        f"inconclusive after {minutes_of(limit)} min"
    )


def harm_so_far(standing: Sequence[Standing]) -> str:
    """How far the check that is nearest to its odds has come; "" where no check decides.

    An operator who reads this at night asks first whether it is going wrong.
    """
    nearest = nearest_to_harm(standing)
    if nearest is None:
        return ""
    return f"harm {odds(nearest.ln)} of {odds(nearest.check.ln_needed)} ({nearest.check.name})"


def nearest_to_harm(standing: Sequence[Standing]) -> Standing | None:
    """The deciding check that has come nearest to its odds of harm."""
    deciding = (each for each in standing if each.decides and each.check.harm)
    return max(deciding, key=_progress, default=None)


def _progress(standing: Standing) -> float:
    # An alpha of 1 asks for no odds at all.
    needed = standing.check.ln_needed
    return standing.ln / needed if needed > 0 else inf


def healthy(policy: GatePolicy, state: State, standing: Sequence[Standing]) -> str:
    stage = state.stage
    live = stage.errors.ln
    reached, probes, part = together(state.probes, FAILURES, live), "", ""
    if state.probes is not None:
        probes = _after(tallied(state.probes.stage.tally))
        part = _after(part_of_evidence(from_probes(state.probes, live)))
    # Rounded up: the sentence must be true.
    seen = failed(stage.totals, stage.unknown)
    worst = max(
        (each.ln - each.check.ln_needed for each in standing if each.decides and each.check.harm),
        default=-inf,
    )
    return (
        f"healthy: {seen} in {stage.answered} min{probes}; odds {odds(reached)} "
        f"that it stays below {margin(policy.errors.limit)}, "
        f"{odds(log(1 / policy.budget.advance))} needed{part}; "
        f"no harm check is above {ceil(100 * exp(worst))}% of its threshold"
    )


def evidence_left(name: str, ln: float, needed: float, minutes: int) -> str:
    """How far the evidence is, and how long the rest takes at this rate."""
    text = f"odds {odds(needed)} on {name} (now {odds(ln)}"
    if minutes > 0 and ln > _ANY_GROWTH:
        return f"{text}, about {(needed - ln) * minutes / ln:,.0f} min more)"
    return f"{text})"


def answers_left(proof: Shown) -> str:
    """What answers to probes have still to show, and how many inputs there are for it."""
    return (
        f"odds {odds(proof.needed)} on {proof.what} (now {odds(proof.ln)}), or the other "
        f"{proof.left:,} of {proof.of:,} inputs compared"
    )


def unclear(state: State, proof: Shown) -> str:
    """Why all the inputs there are say too little, for a person to decide."""
    memory = state.memory_of(proof.check.value)
    seen = losses(memory) if proof.check is Check.LOSSES else differing(memory)
    return (
        f"{seen}. These are all the inputs there are, too few to tell chance from harm: odds "
        f"{odds(proof.ln)} on {proof.what}, {odds(proof.needed)} needed. More inputs would tell; "
        "until then `advance` accepts that, and `rollback` sends it back"
    )


def inconclusive(policy: GatePolicy, text: str, *, unseen: bool = False) -> str:
    """`unseen`: requests are mirrored, and the metrics show none of them."""
    help_ = "a wider limit, a longer max_bake, more weight or sample traffic would provide it"
    if unseen:
        help_ = "`advance` goes on without them; nothing is held against the candidate"
    return f"too little evidence after {minutes_of(policy.max_bake)} min: {text}; {help_}"


def minutes_of(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f}"


def _after(phrase: str) -> str:
    return f"; {phrase}" if phrase else ""


def _seen(state: State, standing: Standing) -> str:
    """Both sides' numbers and what is allowed."""
    check = standing.check
    seen = check.seen(state.memory_of(check.name), state.totals, state.tallies)
    return f"{seen}; {check.limit}"
