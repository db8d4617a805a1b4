"""The simulated endpoint: what its minutes show, and what rollouts at it come to."""

from random import Random
from statistics import fmean

import pytest

from dev.bench.gate import low_traffic, table
from dev.bench.gate.cells import Metric, Target, measured
from dev.bench.gate.endpoint import LOOK_BACK, Candidate, Endpoint, Service, incomplete
from dev.bench.gate.error_streams import Harm
from dev.bench.gate.low_traffic import RELEASES, Fate, Release
from dev.bench.gate.trials import MOMENTS, Outcome
from dev.bench.gate.unattended import NoLater, Probing, Unattended
from rollout.core.gate import Verdict
from rollout.core.records.observation import Minute, SideMinute
from tests.support.paths import PROJECT

ALL_FAIL = Harm(0.0, 1.0)


def random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - fixed test data


def counts(side: SideMinute | None) -> tuple[float, float]:
    return (-1.0, -1.0) if side is None else (side.requests, side.failures)


def test_clients_are_the_same_whether_probes_are_sent_or_not() -> None:
    alone, probed = (Endpoint(Service(50), random("clients")) for _ in range(2))
    for since in range(30):
        probed.probe(20 * since, 20)
        minutes = [each.minute(10, since)[0] for each in (alone, probed)]
        for one, other in (
            (minutes[0].stable, minutes[1].stable),
            (minutes[0].candidate, minutes[1].candidate),
        ):
            # A side that nobody calls is absent; our own probes make it zero.
            assert counts(one) == counts(other) or one is None


def test_probes_are_in_the_percentiles_and_not_in_the_counts() -> None:
    endpoint = Endpoint(Service(0.0), random("counts"))
    pairs = endpoint.probe(0, 20)
    candidate = endpoint.minute(10, 0)[0].candidate
    assert candidate is not None
    assert candidate.requests == 0
    assert candidate.latency is not None
    assert candidate.latency.p99 == max(each.candidate.took for each in pairs)


def test_a_side_that_nobody_calls_vanishes_after_an_hour() -> None:
    endpoint = Endpoint(Service(0.0), random("silence"))
    seen = [endpoint.minute(10, since)[0] for since in range(LOOK_BACK + 2)]
    assert all(each.candidate is None for each in seen)
    assert seen[LOOK_BACK].stable is not None
    assert seen[LOOK_BACK + 1].stable is None


def test_the_first_requests_are_slow_and_no_others() -> None:
    cold = Endpoint(Service(0.0, Candidate(first=30, first_slower=100.0)), random("cold"))
    took = [each.candidate.took for each in cold.probe(0, 60)]
    assert min(took[:30]) > max(took[30:])


def test_warm_up_requests_meet_the_candidate_cold_and_are_in_the_percentiles() -> None:
    cold = Endpoint(Service(0.0, Candidate(first=30, first_slower=100.0)), random("warmed"))
    cold.warm_up(30)
    minute = cold.minute(0, 0)[0]
    assert minute.candidate is not None
    assert minute.candidate.requests == 0
    assert minute.candidate.latency is not None
    assert max(each.candidate.took for each in cold.probe(0, 60)) < minute.candidate.latency.p50


def test_harm_that_only_clients_see_leaves_probes_alone() -> None:
    endpoint = Endpoint(Service(100, Candidate(ALL_FAIL, only_live=True)), random("live"))
    minute, clients = endpoint.minute(10, 0)
    assert clients.candidate_failed == clients.candidate > 0
    assert counts(minute.candidate) == (clients.candidate, clients.candidate)
    assert not any(each.candidate.failed for each in endpoint.probe(0, 20))


def test_a_glitch_fails_clients_and_probes_for_one_minute() -> None:
    endpoint = Endpoint(Service(100, Candidate(glitch=1)), random("glitch"))
    failing = []
    for since in range(3):
        clients = endpoint.minute(10, since)[1]
        pairs = endpoint.probe(0, 20)
        failing.append(clients.candidate_failed == clients.candidate)
        assert all(each.candidate.failed for each in pairs) is failing[-1]
    assert failing == [False, True, False]


def test_an_incomplete_minute_shows_its_share() -> None:
    rng = random("incomplete")
    whole = Minute(MOMENTS[0], SideMinute(1000.0, 100.0, client_errors=50.0), None)
    shown = [incomplete(rng, whole, 0.2).stable for _ in range(50)]
    assert fmean(each.requests for each in shown if each) == pytest.approx(200, rel=0.1)
    assert fmean(each.failures for each in shown if each) == pytest.approx(20, rel=0.2)


def test_what_probes_see_fail_reaches_no_client() -> None:
    service = Service(1000, Candidate(ALL_FAIL))
    outcome = Unattended(service, Probing(40)).run(random("broken"))
    assert outcome == Outcome(Verdict.ROLLBACK, outcome.minute, 0)
    assert outcome.minute <= 2


def test_good_probes_do_not_hide_clients_that_fail() -> None:
    service = Service(10, Candidate(ALL_FAIL, only_live=True))
    assert NoLater(service, Probing(40)).run(random("hidden")).verdict is Verdict.ROLLBACK


def test_a_verdict_after_its_time_counts_as_none() -> None:
    outcomes = [Outcome(Verdict.ADVANCE, 130), Outcome(Verdict.ADVANCE, 131, unproven=1)]
    within = measured(Target(Metric.ADVANCED, least=0.6, within=130), outcomes, widen=False)
    assert (within.metric, within.met) == ("advanced within 130 min", False)
    assert measured(Target(Metric.UNPROVEN, most=0.5), outcomes, widen=False).met
    held = [Outcome(each, 1) for each in (Verdict.HOLD, Verdict.INCONCLUSIVE, Verdict.ADVANCE)]
    person = measured(Target(Metric.NEEDS_A_PERSON, most=0.6), held, widen=False)
    assert (person.text, person.met) == ("66.67% (2/3)", False)


def test_the_table_has_every_rule_and_release() -> None:
    fates = [
        Fate(
            Release(traffic, name),
            {rule: [Outcome(Verdict.ROLLBACK, 7, 3)] for rule in table.LOW_HEADINGS},
        )
        for traffic in low_traffic.TRAFFICS
        for name in RELEASES
    ]
    lines = list(table.low_traffic(fates))
    for heading in table.LOW_HEADINGS.values():
        wanted = f"| {heading} |" + " 0; 100 % (@7) |" * len(RELEASES)
        assert lines.count(wanted) == len(low_traffic.TRAFFICS)


def test_what_is_said_of_predictions_is_on_the_page() -> None:
    page = (PROJECT / "docs" / "gate-comparison.md").read_text(encoding="utf-8").splitlines()
    lines = list(table.predictions())
    assert page[-len(lines) :] == lines


def test_every_rule_meets_the_same_release() -> None:
    fate = low_traffic.compared(Release(10, "everything fails"), runs=1)
    assert set(fate.outcomes) == set(table.LOW_HEADINGS)
    assert all(each[0].verdict is Verdict.ROLLBACK for each in fate.outcomes.values())
