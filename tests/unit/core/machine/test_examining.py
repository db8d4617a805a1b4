"""What a pass may ask before any traffic, and where that stands afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.core.decide import Context, decide
from rollout.core.machine.before_traffic import not_scored
from rollout.core.machine.decision import Decision
from rollout.core.machine.exam_folding import EXAM_TRIES, MAX_UNFOLDED
from rollout.core.machine.examining import (
    CONTRACT_INPUTS,
    ExamWanted,
    exam_document,
    exam_wanted,
)
from rollout.core.policy.model import SampleRequest, Validate
from rollout.core.policy.probes_model import Probes
from rollout.core.policy.quality_model import (
    Contract,
    FieldRule,
    Golden,
    Labelled,
    Metric,
    Quality,
)
from rollout.core.records.effects import Recheck
from rollout.core.records.examination import (
    Examination,
    ExamPair,
    ExamSeen,
    ExamStep,
    ExamVerdict,
    Marked,
)
from rollout.core.records.failures import FailureKind
from rollout.core.records.learnt_contract import Learnt, LearntContract
from rollout.core.records.observation import (
    Observation,
    ProvisioningState,
    Unreachable,
)
from rollout.core.records.own_requests import OwnMinute
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import HoldReason, Rollout
from rollout.core.records.signals import Command, Verb, Wake
from tests.support.builders import (
    BLUE,
    GREEN,
    POLICY,
    a_current,
    a_deployment,
    a_rollout,
    after,
    an_endpoint,
    deployments,
    held,
    rollout_of,
    seen,
)

LEARN, CONTRACT, GOLDEN = ExamStep
SET = Golden("golden.jsonl", Labelled(Metric.ACCURACY), rate=60)
BOTH = Quality(golden=SET)
RULE = Contract(fields={"label": FieldRule(nullable=True)})
KNOWN = LearntContract(12, {"label": Learnt(("number",))})
DUE = after(20)


def validating(quality: Quality | None = BOTH, **changes: Any) -> Rollout:
    """The samples were answered well; the look that saw it is the one before."""
    policy = replace(POLICY, quality=quality, probes=Probes(), validate=Validate())
    moments = {
        "validated": "passed",
        "phase_clock": replace(a_rollout(Phase.VALIDATING).phase_clock, started=DUE),
    }
    return a_rollout(Phase.VALIDATING, **{"policy": policy, **moments, **changes})


def asked(step: ExamStep | None, **changes: Any) -> Examination:
    return Examination(step, timedelta(0), **changes)


def at_zero(**changes: Any) -> Observation:
    return seen({BLUE: 100}, **changes)


def decided(rollout: Rollout, what: Observation, now: datetime = DUE) -> Decision:
    return decide(a_current(rollout), Wake(), what, Context(now, unwatched_after=timedelta.max))


def wanted(
    rollout: Rollout, what: Observation | None = None, now: datetime = DUE
) -> ExamWanted | None:
    what = what or at_zero()
    return exam_wanted(a_current(rollout), decided(rollout, what, now), what, now)


def pairs(count: int, first: int = 0, **changes: Any) -> tuple[ExamPair, ...]:
    mine = Marked(**{"answered": True, "loss": 0.0, **changes})
    return tuple(ExamPair(first + n, 1, mine, Marked(True, 0.0)) for n in range(count))


@pytest.mark.parametrize(
    ("quality", "stable", "step"),
    [
        (None, BLUE, None),
        (Quality(contract=None), BLUE, None),
        (Quality(contract=Contract(learn=False)), BLUE, None),
        (Quality(), BLUE, LEARN),
        (BOTH, BLUE, LEARN),
        (replace(BOTH, contract=None), BLUE, GOLDEN),
        (Quality(contract=replace(RULE, learn=False)), BLUE, CONTRACT),
        (Quality(), None, None),
        (Quality(contract=RULE), None, CONTRACT),
        (BOTH, None, GOLDEN),
    ],
)
def test_it_begins_with_what_the_policy_asks_for_and_stable_allows(
    quality: Quality | None, stable: str | None, step: ExamStep | None
) -> None:
    rollout = validating(quality, stable=stable)
    what = at_zero() if stable else seen({}, deployments=deployments(GREEN))

    exam = rollout_of(decided(rollout, what)).exam

    assert exam.step is step
    assert exam.began == (None if step is None else timedelta(0))


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        (asked(LEARN), ExamWanted(LEARN, 0, CONTRACT_INPUTS, 2)),
        (asked(LEARN, done=3, stops=1), ExamWanted(LEARN, 3, CONTRACT_INPUTS - 3, 1)),
        (asked(CONTRACT, asked=7, done=2), ExamWanted(CONTRACT, 2, 5, 2)),
        (asked(CONTRACT), ExamWanted(CONTRACT, 0, CONTRACT_INPUTS, 2)),
        # Ten seconds' worth at first, then what became due, and a minute's at most.
        (asked(GOLDEN), ExamWanted(GOLDEN, 0, 10, 2)),
        (asked(GOLDEN, done=9, sent_at=after(19.5)), ExamWanted(GOLDEN, 9, 30, 2)),
        (asked(GOLDEN, sent_at=after(10)), ExamWanted(GOLDEN, 0, 60, 2)),
        (asked(GOLDEN, sent_at=after(10), stops=2), ExamWanted(GOLDEN, 0, 15, 1)),
        (asked(GOLDEN, sent_at=DUE, stops=9), ExamWanted(GOLDEN, 0, 1, 1)),
        (asked(GOLDEN, verdict=ExamVerdict.ACCEPTED), None),
        (asked(None), None),
    ],
)
def test_a_pass_asks_what_is_next(exam: Examination, expected: ExamWanted | None) -> None:
    assert wanted(validating(exam=exam)) == expected


@pytest.mark.parametrize(
    "there",
    [
        at_zero(endpoint=Unreachable("arm")),
        at_zero(deployments=Unreachable("arm")),
        at_zero(deployments=deployments(GREEN)),
        at_zero(deployments=deployments(GREEN, a_deployment(BLUE, ProvisioningState.DELETING))),
        seen({"red": 100}),
    ],
)
def test_nothing_is_asked_while_a_side_cannot_answer_or_the_endpoint_is_not_as_wanted(
    there: Observation,
) -> None:
    assert wanted(validating(exam=asked(GOLDEN)), there) is None


def test_without_a_set_there_is_no_row_to_ask() -> None:
    assert wanted(validating(None, exam=asked(GOLDEN))) == ExamWanted(GOLDEN, 0, 0, 2)


def test_nothing_is_asked_before_the_samples_were_answered_or_in_a_hold() -> None:
    assert wanted(validating(exam=asked(GOLDEN), validated="")) is None
    assert wanted(held(validating(exam=asked(GOLDEN)))) is None
    nothing = Decision(a_current())
    assert exam_wanted(a_current(), nothing, at_zero(), DUE) is None


def test_until_it_is_over_the_rollout_waits_and_looks_again_soon() -> None:
    decision = decided(validating(exam=asked(GOLDEN, total=20, done=7)), at_zero())

    assert rollout_of(decision).phase is Phase.VALIDATING
    assert decision.effects == (Recheck(),)
    assert decided(held(validating(exam=asked(GOLDEN))), at_zero()).effects == ()


def test_what_was_asked_is_among_the_own_requests() -> None:
    own = tuple(OwnMinute(after(n), {"200": 1}) for n in range(MAX_UNFOLDED + 5))
    found = ExamSeen(GOLDEN, 100, pairs(5), own=own)

    after_it = rollout_of(decided(validating(exam=asked(GOLDEN)), at_zero(examined=found)))

    assert after_it.exam.done == 5
    assert after_it.own.minutes == own[5:]


@pytest.mark.parametrize("step", [LEARN, CONTRACT])
@pytest.mark.parametrize("found", [Unreachable("the bundle"), None])
def test_a_contract_that_cannot_be_asked_about_is_left_alone(
    step: ExamStep, found: Unreachable | None
) -> None:
    found = found or Unreachable("x")
    exam = asked(step, tries=EXAM_TRIES - 1)
    once = rollout_of(decided(validating(exam=replace(exam, tries=0)), at_zero(examined=found)))
    assert (once.exam.step, once.exam.tries) == (step, 1)

    after_it = rollout_of(decided(validating(exam=exam), at_zero(examined=found)))

    assert after_it.exam.step is GOLDEN
    assert after_it.exam.missed == f"the contract was not compared: {found.text}"


def test_it_is_left_alone_once_validations_deadline_is_over() -> None:
    rollout = validating(Quality(), exam=asked(LEARN))
    late = DUE + rollout.policy.validate.deadline + timedelta(seconds=1)

    decision = decided(rollout, at_zero(), late)

    assert rollout_of(decision).phase is Phase.SHIFTING
    assert "the contract was not compared: no side could be asked" in decision.history[-1].text


def test_a_slice_that_was_asked_once_time_had_moved_on_counts_once() -> None:
    """The first decision of the pass left the contract alone; the second begins where it began."""
    rollout = validating(exam=asked(LEARN))
    late = DUE + rollout.policy.validate.deadline + timedelta(seconds=1)
    assert wanted(rollout, now=late) == ExamWanted(GOLDEN, 0, 10, 2)

    found = ExamSeen(GOLDEN, 100, pairs(10))
    exam = rollout_of(decided(rollout, at_zero(examined=found), late)).exam

    assert (exam.step, exam.done, exam.scores["paired"]["rows"]) == (GOLDEN, 10, 10)


def test_what_was_learnt_of_some_inputs_is_compared_for_those() -> None:
    exam = asked(LEARN, asked=4, done=4, total=40, learnt=KNOWN, tries=EXAM_TRIES - 1)

    after_it = rollout_of(decided(validating(exam=exam), at_zero(examined=Unreachable("arm"))))

    assert (after_it.exam.step, after_it.exam.asked, after_it.exam.done) == (CONTRACT, 4, 0)
    found = ExamSeen(CONTRACT, 40, pairs(4), learnt=KNOWN)
    assert rollout_of(decided(after_it, at_zero(examined=found))).exam.step is GOLDEN


def test_without_an_input_there_is_nothing_to_compare() -> None:
    rollout = validating(Quality(contract=RULE), exam=asked(LEARN))

    learning = rollout_of(decided(rollout, at_zero(examined=ExamSeen(LEARN, 0))))
    assert learning.exam.step is CONTRACT
    decision = decided(learning, at_zero(examined=ExamSeen(CONTRACT, 0)))

    assert rollout_of(decision).phase is Phase.SHIFTING
    assert "contract" not in decision.history[-1].text


def test_what_is_learnt_of_few_answers_is_said() -> None:
    known = replace(KNOWN, answers=3)
    exam = asked(CONTRACT, asked=3, learnt=known)
    found = ExamSeen(CONTRACT, 3, pairs(3), learnt=known)

    decision = decided(validating(Quality(), exam=exam), at_zero(examined=found))

    text = decision.history[-1].text
    assert "the contract holds in 3 answers; too few inputs to learn a contract from: " in text
    assert "stable answered 3, and 10 are needed" in text


def test_breaches_that_stable_has_too_are_excused() -> None:
    mine = pairs(2, breaches=("null at 'a'", "lost 'b'"))
    rollout = validating(exam=asked(CONTRACT, asked=2, excused=("null at 'a'",)))

    failed = rollout_of(decided(rollout, at_zero(examined=ExamSeen(CONTRACT, 2, mine))))

    assert failed.phase is Phase.DISCARDING
    assert failed.failure is FailureKind.ANSWERS
    assert failed.exam.breaches == ("lost 'b'",)
    both = (ExamPair(0, 1, Marked(True, 0.0, None, ("x",)), Marked(True, 0.0, None, ("x",))),)
    golden = validating(exam=asked(GOLDEN))
    kept = rollout_of(decided(golden, at_zero(examined=ExamSeen(GOLDEN, 2, both))))
    assert (kept.phase, kept.exam.breaches) == (Phase.VALIDATING, ())


def test_a_golden_row_that_breaks_the_contract_fails_once_the_set_or_its_time_is_over() -> None:
    mine = pairs(2, breaches=("lost 'b'",))
    golden = validating(exam=asked(GOLDEN))
    sending = rollout_of(decided(golden, at_zero(examined=ExamSeen(GOLDEN, 3, mine))))
    assert (sending.phase, sending.exam.breaches) == (Phase.VALIDATING, ("lost 'b'",))

    whole = rollout_of(decided(sending, at_zero(examined=ExamSeen(GOLDEN, 3, pairs(1, 2)))))
    late = rollout_of(decided(sending, at_zero(), DUE + SET.time + timedelta(minutes=1)))
    for failed in (whole, late):
        assert failed.failure is FailureKind.ANSWERS
        assert "break the contract: lost 'b'" in failed.cause_text
    theirs = (ExamPair(2, 1, Marked(True, 0.0), Marked(True, 0.0, None, ("lost 'b'",))),)
    kept = rollout_of(decided(sending, at_zero(examined=ExamSeen(GOLDEN, 3, theirs))))
    assert kept.exam.breaches == ()
    assert kept.failure is None


def test_a_side_that_was_not_asked_breaks_nothing() -> None:
    alone = (ExamPair(0, None, None, Marked(True, breaches=("null at 'a'",))),)

    exam = rollout_of(
        decided(validating(exam=asked(LEARN)), at_zero(examined=ExamSeen(LEARN, 2, alone)))
    ).exam
    assert (exam.step, exam.asked, exam.excused) == (LEARN, 1, ("null at 'a'",))

    found = ExamSeen(CONTRACT, 2, alone)
    after_it = rollout_of(decided(validating(exam=asked(CONTRACT)), at_zero(examined=found)))
    assert after_it.exam.breaches == ()
    odd = ExamSeen(LEARN, 2, (ExamPair(0, None, Marked(True), None),))
    learning = rollout_of(decided(validating(exam=asked(LEARN)), at_zero(examined=odd)))
    assert learning.exam.excused == ()


def test_answers_to_what_was_not_asked_change_nothing() -> None:
    done = validating(Quality(), exam=asked(None))

    after_it = rollout_of(decided(done, at_zero(examined=ExamSeen(GOLDEN, 2, pairs(2)))))

    assert after_it.exam == done.exam


def test_answers_to_another_step_change_nothing() -> None:
    rollout = validating(exam=asked(CONTRACT, asked=5))

    after_it = rollout_of(decided(rollout, at_zero(examined=ExamSeen(GOLDEN, 2, pairs(2)))))

    assert after_it.exam == rollout.exam


def test_its_document_is_what_the_policy_asks_for() -> None:
    assert exam_document(validating(exam=Examination())) == {}
    of_contract = exam_document(validating(Quality(), exam=asked(LEARN, learnt=KNOWN)))
    assert of_contract == {
        "contract": {
            "learntFrom": 12,
            "answers": 0,
            "paths": ["label"],
            "broken": [],
            "missed": None,
        }
    }
    alone = replace(BOTH, contract=None)
    sending = exam_document(validating(alone, exam=asked(GOLDEN, total=9, done=4)))
    assert {name: sending["golden"][name] for name in ("rows", "sent", "verdict", "text")} == {
        "rows": 9,
        "sent": 4,
        "verdict": None,
        "text": None,
    }
    before = exam_document(validating(exam=asked(LEARN, total=9, done=4)))
    assert (before["golden"]["rows"], before["golden"]["sent"]) == (0, 0)


def unclear(**changes: Any) -> Rollout:
    exam = asked(GOLDEN, verdict=ExamVerdict.UNCLEAR, text="too small", **changes)
    return held(validating(exam=exam), HoldReason.GOLDEN)


def order(verb: Verb) -> Command:
    return Command(verb, "ann", "because")


@pytest.mark.parametrize(
    ("done", "left", "scores"), [(20, 0, {}), (7, 7, {"kept": 1})], ids=["whole", "out of time"]
)
def test_resume_gives_the_set_its_whole_time_again(
    done: int, left: int, scores: dict[str, int]
) -> None:
    rollout = unclear(total=20, done=done, scores={"kept": 1}, stops=3)

    resumed = rollout_of(
        decide(a_current(rollout), order(Verb.RESUME), Observation(), Context(DUE))
    )

    assert (resumed.hold, resumed.phase) == (None, Phase.VALIDATING)
    exam = resumed.exam
    assert (exam.step, exam.done, exam.scores, exam.stops) == (GOLDEN, left, scores, 0)
    assert (exam.verdict, exam.began, exam.sent_at) == (None, None, None)
    assert resumed.phase_clock.started == DUE


def test_advance_goes_on_without_the_proof_and_the_history_says_so() -> None:
    decision = decide(a_current(unclear()), order(Verb.ADVANCE), Observation(), Context(DUE))

    advanced = rollout_of(decision)
    assert decision.text == (
        "advance: goes on in VALIDATING at 0 % without the golden set's proof: too small"
    )
    assert (advanced.hold, advanced.exam.verdict) == (None, ExamVerdict.ACCEPTED)
    following = decided(replace(advanced, policy=replace(advanced.policy, probes=None)), at_zero())
    assert rollout_of(following).phase is Phase.SHIFTING
    assert "an operator went on without the golden set's proof: too small" in (
        following.history[-1].text
    )


def test_stable_as_it_is_now_is_examined_anew() -> None:
    rollout = held(validating(exam=asked(GOLDEN, done=7)), HoldReason.REPLACED)

    resumed = decide(a_current(rollout), order(Verb.RESUME), Observation(), Context(DUE))

    assert rollout_of(resumed).exam == Examination()


@pytest.mark.parametrize("auth", ["key", "AADToken", "none"])
def test_a_set_cannot_be_sent_where_nobody_can_sign_in(auth: str) -> None:
    endpoint = replace(an_endpoint({BLUE: 100}), auth_mode=auth)
    policy = validating().policy

    refusal = not_scored(policy, endpoint)

    assert (refusal is None) is (auth != "none")
    assert refusal is None or "leave quality.golden out" in refusal
    assert not_scored(replace(policy, quality=Quality()), endpoint) is None
    sampled = replace(policy, validate=Validate((SampleRequest("sample.json"),)))
    assert auth != "none" or "leave validate.requests out" in (not_scored(sampled, endpoint) or "")


def test_validation_may_take_as_long_as_its_set() -> None:
    policy = validating().policy

    assert policy.validating == policy.validate.deadline + SET.time
    assert replace(policy, quality=None).validating == policy.validate.deadline


def test_counts_cannot_be_fewer_than_none() -> None:
    with pytest.raises(ValueError, match="fewer than 0"):
        Examination(done=-1)
