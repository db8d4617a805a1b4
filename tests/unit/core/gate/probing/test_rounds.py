"""A pass's pairs become counts."""

from rollout.core.gate.probing.rounds import counted
from rollout.core.records.observation import Percentiles, SlowThresholds
from rollout.core.records.probes import ProbeAnswer
from tests.support.probe_builders import BAD, GOOD, quick, seen

THRESHOLDS = SlowThresholds(
    stable=(100.0, 150.0, 180.0, 190.0),
    candidate=(110.0, 165.0, 198.0, 209.0),
    limit=(120.0, 180.0, 216.0, 228.0),
)


def test_failures_are_counted_on_each_side() -> None:
    found = counted(seen([BAD, BAD, GOOD], [GOOD, BAD, GOOD], stopped="429"), None)
    assert (found.candidate.requests, found.candidate.failures) == (3.0, 2.0)
    assert (found.stable.requests, found.stable.failures) == (3.0, 1.0)
    assert (found.sent, found.inputs, found.stopped) == (3, 40, "429")


def test_only_pairs_that_both_sides_answered_tell_of_speed() -> None:
    found = counted(seen([BAD, GOOD, GOOD], [GOOD, BAD, ProbeAnswer(200, 300.0)]), THRESHOLDS)
    assert found.candidate.latency == Percentiles(100.0, 100.0, 100.0, 100.0)
    assert found.stable.latency == Percentiles(300.0, 300.0, 300.0, 300.0)
    assert found.candidate.slow is not None
    assert found.candidate.slow.total == 1.0


def test_each_side_is_counted_beyond_its_own_thresholds() -> None:
    found = counted(seen(quick(), quick()), THRESHOLDS)
    assert found.stable.slow is not None
    assert found.candidate.slow is not None
    assert found.stable.slow.over == (10.0, 2.0, 2.0, 2.0)
    assert found.candidate.slow.over == (6.0, 2.0, 2.0, 0.0)
    assert found.candidate.slow.over_limit == found.stable.slow.over_limit == (4.0, 2.0, 0.0, 0.0)


def test_before_stable_is_known_nothing_is_slow() -> None:
    found = counted(seen(quick(), quick()), None)
    assert found.candidate.slow is None
    assert found.stable.latency == Percentiles(100.0, 150.0, 200.0, 200.0)


def test_a_pass_that_answered_nothing_has_no_percentiles() -> None:
    found = counted(seen([BAD], [BAD]), THRESHOLDS)
    assert found.candidate.latency is None
    assert found.candidate.slow is not None
    assert found.candidate.slow.total == 0.0
    assert counted(seen([], []), None).stable.requests == 0.0
