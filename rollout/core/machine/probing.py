"""Which probes a pass may send, and what becomes of those it sent.

A pass decides first without probes. Only where that leaves the rollout where it is, and asks for
nothing, it sends some and decides once more, from the same row, with what they showed. So a probe
never comes before a way back, a hold or a step forward, and is saved with everything else.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from rollout.core.gate import (
    answers_wanted,
    asks_twice,
    fold_round,
    numbers_of,
    pairs_due,
    probes_sent,
    round_of,
    settled_from,
    undecided,
)
from rollout.core.gate.history.documents import round_document
from rollout.core.machine.bake_window import knows_stable, stage_shares, the_bake
from rollout.core.machine.decision import Decision
from rollout.core.machine.gate_inputs import (
    NO_TIME,
    gate_state,
    judged_by,
    live_requests_a_minute,
    minutes_left,
)
from rollout.core.machine.halts import silent
from rollout.core.machine.live_answers import asked_itself, live_of
from rollout.core.machine.live_minutes import sent
from rollout.core.machine.sight import Sight, compare
from rollout.core.policy.probes_consistency import has_inputs
from rollout.core.policy.probes_model import Probes, ProbesWhen
from rollout.core.records.effects import Recheck
from rollout.core.records.history import MinuteRecord
from rollout.core.records.observation import (
    ABLE_TO_SERVE,
    DeploymentSeen,
    EndpointSeen,
    Observation,
    Unreachable,
)
from rollout.core.records.own_requests import Probed
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Current, HoldReason, Rollout

LOOKS_AT_ZERO = 2
"""How many passes probe before the first weight: what the first learns, the second bets on."""

MAX_UNFOLDED = 60
"""Minutes with own requests that wait to be folded; with more, metrics are missing and the row
would grow."""


PROBED_MINUTES = 2
"""Where live answers are judged, one minute in so many has probes, and as many times the pairs."""


@dataclass(frozen=True)
class ProbesWanted:
    """Up to `pairs` pairs, the first with the number `first` in its rollout."""

    first: int
    pairs: int

    def twice(self, distinct: int) -> frozenset[int]:
        """The numbers of the pairs whose input stable answers twice, of so many distinct inputs.

        What a stable that is itself random is known by; an input's first turn is enough for that.
        """
        numbers = range(self.first, min(self.first + self.pairs, distinct))
        return frozenset(number for number in numbers if asks_twice(number))


def probes_wanted(
    before: Current, decision: Decision, seen: Observation, now: datetime
) -> ProbesWanted | None:
    """Say what a pass may probe, None where it may not.

    Args:
        before: The row as it was loaded.
        decision: What was decided from it without probes.
        seen: What that was decided from.
        now: The pass's moment.
    """
    rollout, probes = decision.current.rollout, _probes(decision.current)
    if rollout is None or probes is None:
        return None
    if something_else_is_due(before, decision, asks=_asks(rollout)):
        return None
    if not may_probe(rollout, seen) or not _is_time(rollout, probes, now):
        return None
    if not isinstance(seen.endpoint, EndpointSeen):
        return None
    if compare(rollout, seen.endpoint) is not Sight.AS_WANTED:
        return None
    if seen.metrics is not None and seen.metrics.unreachable:
        # Nothing is judged then, so nothing of the probes would be kept.
        return None
    state = gate_state(rollout)
    # Each stage goes on with the inputs where the one before left off: a new one shows more.
    return ProbesWanted(probes_sent(state), _pairs(probes, rollout, now))


def may_probe(rollout: Rollout, seen: Observation) -> bool:
    """Say whether there is something to send, and both sides could answer it."""
    probes = rollout.policy.probes
    if probes is None or probes.when is ProbesWhen.NEVER or rollout.stable is None:
        return False
    if not has_inputs(rollout.policy):
        return False
    sides = (seen.deployment(rollout.candidate), seen.deployment(rollout.stable))
    able = all(isinstance(each, DeploymentSeen) and each.state in ABLE_TO_SERVE for each in sides)
    return able and knows_stable(rollout) and probes_sent(gate_state(rollout)) < probes.max


def something_else_is_due(
    before: Current, decision: Decision, *, waits: bool = False, asks: bool = False
) -> bool:
    """Say whether a decision does more than leave a rollout in its phase and stage.

    Args:
        before: The row as it was loaded.
        decision: What was decided from it.
        waits: It asks for a further look soon because of what may be sent now.
        asks: It is held by what may be sent now, so that the hold keeps nothing from being sent.
    """
    one, other = before.rollout, decision.current.rollout
    if one is None or other is None or (silent(other) and not asks):
        return True
    if (one.id, one.phase, one.stage) != (other.id, other.phase, other.stage):
        return True
    effects = decision.effects
    if waits or other.phase is Phase.VALIDATING:
        # The second look at 0 % is asked for soon, too.
        effects = tuple(each for each in effects if not isinstance(each, Recheck))
    return bool(decision.again or effects or decision.offers or decision.names)


def with_probes(
    rollout: Rollout, probed: Probed | Unreachable | None, now: datetime
) -> tuple[Rollout, tuple[MinuteRecord, ...]]:
    """Return the rollout with what a pass probed, if it did, and the record of that.

    It goes into the gate's state and among the own requests. An attempt that could not be made
    counts as a look, and as nothing else.
    """
    at, probes = now.replace(second=0, microsecond=0), rollout.policy.probes
    if probes is None or probed is None:
        return rollout, ()
    if isinstance(probed, Unreachable):
        return replace(rollout, own=sent(rollout.own, (), at)), ()
    gate, quality, before = rollout.policy.gate, rollout.policy.quality, gate_state(rollout)
    counted = round_of(gate, before, probed.seen)
    after = fold_round(gate, probes, before, counted, quality)
    bakes = rollout.phase is Phase.BAKING
    data = {
        "now": now.isoformat(),
        "window": the_bake(rollout).window_start.isoformat() if bakes else "",
        **(stage_shares(rollout) if bakes else {"weight": 0}),
        "probes": round_document(counted),
        "numbers": numbers_of(gate, after, quality),
    }
    record = MinuteRecord(rollout.id, at, rollout.stage, data, pair=probes_sent(before))
    rollout = asked_itself(rollout, probed.own)
    return replace(rollout, gate=after, own=sent(rollout.own, probed.own, at)), (record,)


def _probes(current: Current) -> Probes | None:
    return None if current.rollout is None else current.rollout.policy.probes


def _asks(rollout: Rollout) -> bool:
    """Whether what probes showed holds the rollout, and further ones may end that.

    Where a person is asked about predictions, inputs that were never sent may show harm, which
    needs no person, or that there was none. Where the gate holds, the odds may rise or fall.
    """
    reason = None if rollout.hold is None else rollout.hold.reason
    state = gate_state(rollout)
    if rollout.suspended:
        return False
    if reason is HoldReason.PREDICTIONS:
        return probes_sent(state) < rollout.outlook.inputs
    if reason is HoldReason.GATE:
        return undecided(judged_by(rollout), state, rollout.policy.quality)
    return False


def _is_time(rollout: Rollout, probes: Probes, now: datetime) -> bool:
    """Whether the phase wants probes now: twice at 0 %, else once a minute at most."""
    own, asks = rollout.own, _asks(rollout)
    if rollout.phase is Phase.VALIDATING and not asks:
        return bool(rollout.validated) and own.looks < LOOKS_AT_ZERO
    if own.probed_at is not None and now.replace(second=0, microsecond=0) <= own.probed_at:
        return False
    if rollout.phase is Phase.VALIDATING:
        return True
    if rollout.phase is not Phase.BAKING or len(own.minutes) >= MAX_UNFOLDED:
        return False
    if now < settled_from(rollout.policy.gate, the_bake(rollout).window_start):
        # What is slow because it is cold would count against the candidate.
        return False
    if live_of(rollout) is not None and now.minute % PROBED_MINUTES:
        # The minutes between are the clients' alone: what was collected in them is theirs.
        return False
    if asks or probes.when is ProbesWhen.ALWAYS or live_requests_a_minute(rollout) < probes.rate:
        return True
    # However many clients there are, theirs cannot be compared input by input.
    return answers_wanted(judged_by(rollout), rollout.policy.quality, gate_state(rollout))


def _pairs(probes: Probes, rollout: Rollout, now: datetime) -> int:
    bakes = rollout.baking is not None
    baked = now - the_bake(rollout).window_start if bakes else NO_TIME
    left = minutes_left(rollout.policy, rollout.stage, baked)
    due = pairs_due(probes, gate_state(rollout), left)
    if live_of(rollout) is None or not bakes:
        return due
    return min(PROBED_MINUTES * due, max(due, probes.max - probes_sent(gate_state(rollout))))
