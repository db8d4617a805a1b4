"""The transition table against one written out by hand from the phases' description."""

import pytest

from rollout.core.machine.transitions import (
    HOLDS,
    STOPPED_BY_A_HOLD,
    TRANSITIONS,
    Finding,
    advance,
    next_phase,
)
from rollout.core.records.phases import FINAL_PHASES, FORWARD_PHASES, Phase
from rollout.core.records.rollout import HoldReason
from rollout.errors import IllegalTransitionError
from tests.support.builders import NOW, a_rollout, after, held

_COLUMNS = {
    "cre": Phase.CREATING,
    "val": Phase.VALIDATING,
    "shi": Phase.SHIFTING,
    "bak": Phase.BAKING,
    "pro": Phase.PROMOTED,
    "ret": Phase.RETIRING,
    "rol": Phase.ROLLING_BACK,
    "dis": Phase.DISCARDING,
}
_TARGETS = _COLUMNS | {
    "SUC": Phase.SUCCEEDED,
    "RBK": Phase.ROLLED_BACK,
    "FAI": Phase.FAILED,
    "SUP": Phase.SUPERSEDED,
    "LOS": Phase.LOST,
}
# One row a finding, one column a phase; `=` stays, `.` cannot occur.
_WRITTEN_BY_HAND = """
                     cre val shi bak pro ret rol dis
wait                  =   =   =   =   =   =   =   =
created              val  .   .   .   .   .   .   .
creation failed      dis  .   .   .   .   .   .   .
validated             .  shi  .   .   .   .   .   .
rejected              .  dis  .   .   .   .   .   .
too late             dis dis  .   .   .   .   .   .
template changed     dis dis  .   .   .   .   .   .
traffic seen          .   .  bak  .   .   .   .   .
first traffic seen    .   .  SUC  .   .   .   .   .
stage passed          .   .   .  shi  .   .   .   .
all passed            .   .   .  pro  .   .   .   .
keep over             .   .   .   .  ret  .   .   .
retired               .   .   .   .   .  SUC  .   .
approval needed       .   =   .   =   .   .   .   .
unclear               .   .   .   =   .   .   .   .
golden set unclear    .   =   .   .   .   .   .   .
doubted               .   .   .   =   .   .   .   .
predictions doubted   .   =   .   =   .   .   .   .
unconfirmed           .   .   =   .   .   .   .   .
overdue               .   .   .   =   .   .   .   .
drifted               =   =   =   =   =   .   .   .
not the release       =   =   =   =   =  pro  .   .
source down           .   .   .   =   .   .   .   .
blamed nobody         =   =   =   =   =   .   .   .
paused                =   =   =   =   =   .   .   .
resumed               =   =   =   =   =   .   .   .
stage restarted       .   .   =  shi shi  .   .   .
hold expired         rol rol rol rol  =   .   .   .
harm                 dis dis rol rol rol  .   .   .
cancelled            dis dis rol rol rol  .   .   .
replaced             rol rol rol rol  .   .   .   .
foreign rollback      .   .  rol rol rol rol  .   .
restored              .   .   .   .   .   .  dis  .
discarded             .   .   .   .   .   .   .  RBK
discarded unused      .   .   .   .   .   .   .  FAI
discarded blameless   .   .   .   .   .   .   .  SUP
nothing left          .   .  LOS LOS LOS LOS LOS LOS
"""


def _by_hand() -> dict[tuple[Phase, Finding], Phase]:
    head, *rows = _WRITTEN_BY_HAND.strip("\n").splitlines()
    table = {}
    for row in rows:
        finding = Finding(row[:20].strip())
        for column, cell in zip(head.split(), row[20:].split(), strict=True):
            if cell != ".":
                phase = _COLUMNS[column]
                table[phase, finding] = phase if cell == "=" else _TARGETS[cell]
    return table


EXPECTED = _by_hand()
PAIRS = [(phase, finding) for phase in Phase for finding in Finding]


@pytest.mark.parametrize(("phase", "finding"), PAIRS)
def test_every_pair_leads_where_it_should_or_is_illegal(phase: Phase, finding: Finding) -> None:
    if (phase, finding) in EXPECTED:
        assert next_phase(phase, finding) is EXPECTED[phase, finding]
        return
    with pytest.raises(IllegalTransitionError, match=f"{finding} cannot occur in {phase}"):
        next_phase(phase, finding)


def test_every_finding_can_occur_somewhere() -> None:
    assert {finding for _, finding in EXPECTED} == set(Finding)


def test_no_final_phase_can_be_left() -> None:
    assert all(not TRANSITIONS[phase] for phase in FINAL_PHASES)


def test_every_live_phase_reaches_a_final_one() -> None:
    for start in TRANSITIONS.keys() - FINAL_PHASES:
        reached, frontier = {start}, {start}
        while frontier:
            frontier = {to for phase in frontier for to in TRANSITIONS[phase].values()} - reached
            reached |= frontier
        assert reached & FINAL_PHASES, start


def test_nothing_that_went_back_goes_forward_again() -> None:
    for phase in (Phase.ROLLING_BACK, Phase.DISCARDING):
        assert not set(TRANSITIONS[phase].values()) & FORWARD_PHASES
        assert Phase.RETIRING not in TRANSITIONS[phase].values()


GOES_BACK = {Phase.ROLLING_BACK, Phase.DISCARDING, Phase.LOST}


@pytest.mark.parametrize(("phase", "finding"), [pair for pair in EXPECTED if pair[1] in HOLDS])
def test_a_hold_is_only_set_where_the_phase_stays_and_may_be_held(
    phase: Phase, finding: Finding
) -> None:
    taken_back = (phase, finding) == (Phase.RETIRING, Finding.NOT_THE_RELEASE)
    assert phase in FORWARD_PHASES or taken_back
    assert EXPECTED[phase, finding] is (Phase.PROMOTED if taken_back else phase)


@pytest.mark.parametrize(("phase", "finding"), list(EXPECTED))
def test_a_hold_stops_what_goes_forward_and_nothing_that_goes_back(
    phase: Phase, finding: Finding
) -> None:
    """Time is up only while it runs, so the deadlines are stopped by a hold as well."""
    target = EXPECTED[phase, finding]
    by_a_person = finding in {Finding.PAUSED, Finding.RESUMED, Finding.RESTARTED}
    starts_checks = finding is Finding.TRAFFIC_SEEN
    deadline = finding is Finding.TOO_LATE
    moves_on = target is not phase and target not in GOES_BACK
    # These may take the place of a hold that lifts itself, and the last of any other.
    overrides = {Finding.PAUSED, Finding.BLAMED_NOBODY, Finding.DRIFTED, Finding.NOT_THE_RELEASE}
    second_reason = finding in HOLDS and finding not in overrides
    stops = phase in FORWARD_PHASES and (moves_on or second_reason or deadline)
    assert (finding in STOPPED_BY_A_HOLD) is (stops and not by_a_person and not starts_checks)


def test_every_reason_to_hold_has_its_finding() -> None:
    assert set(HOLDS.values()) == set(HoldReason)


def test_a_new_phase_starts_its_clock_and_ends_the_hold() -> None:
    held_long = held(a_rollout(Phase.BAKING))
    moved = advance(held_long, Finding.HARM, after(30))
    assert (moved.phase, moved.since, moved.hold) == (Phase.ROLLING_BACK, after(30), None)
    assert moved.human == after(30) - NOW


def test_the_checks_of_a_held_shift_begin_while_it_stays_held() -> None:
    moved = advance(held(a_rollout(Phase.SHIFTING)), Finding.TRAFFIC_SEEN, after(1))
    assert moved.phase is Phase.BAKING
    assert moved.hold is not None


def test_a_further_stage_counts_one_up_and_a_restarted_one_does_not() -> None:
    baking = a_rollout(Phase.BAKING, stage=1)
    assert advance(baking, Finding.STAGE_PASSED, NOW).stage == 2
    assert advance(baking, Finding.RESTARTED, NOW).stage == 1


def test_staying_changes_nothing() -> None:
    baking = held(a_rollout(Phase.BAKING))
    assert advance(baking, Finding.WAIT, after(5)) == baking
