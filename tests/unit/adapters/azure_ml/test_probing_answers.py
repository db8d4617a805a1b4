"""What each answer to a probe counts as, and when a pass stops."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rollout.adapters.azure_ml import scoring_calls
from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.probing import DirectProbing
from rollout.adapters.azure_ml.scoring_calls import DEPLOYMENT_HEADER
from rollout.core.records.observation import EndpointSeen, ProvisioningState
from rollout.core.records.own_requests import OwnMinute, Probed
from rollout.core.records.probes import ProbeAnswer
from rollout.errors import ArmUnavailableError
from rollout.ports import ProbeInput, ProbeInputs, ProbeOrder
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import FixedCredential, Reply, Script

KEYS = f"{ENDPOINT}/listkeys"
AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
GOOD = Reply(200, "{}")
LONG = timedelta(seconds=5)
SHORT = timedelta(milliseconds=200)


@pytest.fixture
def probing(arm: Arm) -> Iterator[DirectProbing]:
    found = DirectProbing(arm, FixedCredential(), clock=lambda: AT + timedelta(seconds=61))
    yield found
    found.close()


def probe(
    probing: DirectProbing,
    script: Script,
    *replies: Reply,
    pairs: int = 1,
    first: int = 0,
    timeout: timedelta = LONG,
    within: timedelta = timedelta(seconds=60),
) -> Probed:
    """One pair after the other, so that the replies are taken in this order."""
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1", "secondaryKey": "k2"}'))
    script.on("POST", "/score", *replies)
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, f"{script.url}/score")
    chosen = tuple(ProbeInput(f"{number}".encode(), "text/csv") for number in range(pairs))
    inputs = ProbeInputs(7, chosen)
    order = ProbeOrder("green-7", "blue-6", first, inputs, AT, 1, timeout, within)
    return probing.probe(ENDPOINT, seen, order)


def asked(script: Script) -> list[tuple[str, bytes]]:
    scored = [each for each in script.heard if each.path == "/score"]
    return [(each.headers[DEPLOYMENT_HEADER], each.body) for each in scored]


def statuses(found: Probed) -> list[tuple[int, int, int]]:
    return [(each.number, each.candidate.status, each.stable.status) for each in found.seen.pairs]


def test_the_same_input_goes_to_both_sides_and_who_is_first_alternates(
    probing: DirectProbing, script: Script
) -> None:
    found = probe(probing, script, GOOD, pairs=3, first=4)

    assert asked(script) == [
        *(("green-7", b"0"), ("blue-6", b"0")),
        *(("blue-6", b"1"), ("green-7", b"1")),
        *(("green-7", b"2"), ("blue-6", b"2")),
    ]
    assert {each.headers["Content-Type"] for each in script.heard[1:]} == {"text/csv"}
    assert {each.headers["Authorization"] for each in script.heard[1:]} == {"Bearer k1"}
    assert statuses(found) == [(4, 200, 200), (5, 200, 200), (6, 200, 200)]
    assert (found.seen.at, found.seen.inputs, found.seen.sent, found.seen.stopped) == (AT, 7, 3, "")


def test_own_requests_are_counted_in_the_minute_in_which_they_ended(
    probing: DirectProbing, script: Script
) -> None:
    found = probe(probing, script, GOOD, Reply(424), pairs=2)

    minute = AT + timedelta(minutes=1)
    assert found.own == (OwnMinute(minute, {"200": 1, "424": 1}, {"424": 2}),)


@pytest.mark.parametrize("status", [200, 201, 400, 408, 424, 500, 503])
def test_an_answer_of_the_model_or_its_platform_counts(
    probing: DirectProbing, script: Script, status: int
) -> None:
    assert statuses(probe(probing, script, Reply(status), GOOD)) == [(0, status, 200)]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_answer_that_says_nothing_of_a_side_leaves_the_pair_out(
    probing: DirectProbing, script: Script, status: int
) -> None:
    found = probe(probing, script, Reply(status), GOOD, pairs=2)

    assert statuses(found) == [(1, 200, 200)]
    assert (found.seen.sent, found.seen.stopped) == (2, "")
    # It came from the router and belongs to no deployment.
    assert found.own[0].candidate == {"200": 1}


@pytest.mark.parametrize(
    ("replies", "side"),
    [((Reply(429),), "candidate"), ((GOOD, Reply(429)), "stable")],
)
def test_a_429_ends_the_pass(
    probing: DirectProbing, script: Script, replies: tuple[Reply, ...], side: str
) -> None:
    found = probe(probing, script, *replies, GOOD, pairs=9)

    assert found.seen.stopped == f"429 from the {side}"
    assert (found.seen.sent, found.seen.pairs) == (1, ())
    assert sum(found.own[0].candidate.values()) == 1


def test_what_another_deployment_answered_says_nothing(
    probing: DirectProbing, script: Script
) -> None:
    other = Reply(500, "", {DEPLOYMENT_HEADER: "blue-6"})
    same = Reply(500, "", {DEPLOYMENT_HEADER: "GREEN-7"})

    assert statuses(probe(probing, script, other)) == []
    assert statuses(probe(probing, script, same, GOOD)) == [(0, 500, 200)]


def test_a_connection_that_breaks_says_nothing(probing: DirectProbing, script: Script) -> None:
    found = probe(probing, script, Reply(drops=True), GOOD, pairs=2)

    assert statuses(found) == [(1, 200, 200)]
    assert found.own[0].candidate == {"0": 1, "200": 1}


def test_a_side_out_of_reach_was_asked_nothing(probing: DirectProbing, script: Script) -> None:
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1"}'))
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, "https://127.0.0.1:1/score")
    inputs = ProbeInputs(1, (ProbeInput(b"{}", "application/json"),))
    order = ProbeOrder("green-7", "blue-6", 0, inputs, AT, 1, LONG, LONG)

    found = probing.probe(ENDPOINT, seen, order)

    assert (found.seen.sent, found.seen.pairs, found.own) == (1, (), ())


def test_no_answer_in_time_counts_as_failed(probing: DirectProbing, script: Script) -> None:
    found = probe(probing, script, Reply(waits=True), timeout=SHORT)

    (pair,) = found.seen.pairs
    assert (pair.candidate.status, pair.stable.status) == (0, 0)
    assert pair.candidate.failed
    assert pair.candidate.took >= SHORT / timedelta(milliseconds=1)
    assert found.own[0] == OwnMinute(found.own[0].minute, {"0": 1}, {"0": 1})


def test_an_answer_longer_than_the_limit_counts_as_failed(
    probing: DirectProbing, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring_calls, "MAX_ANSWER_BYTES", 10)

    assert statuses(probe(probing, script, Reply(200, "x" * 11), GOOD)) == [(0, 0, 200)]


def test_no_pair_begins_that_might_not_end_in_time(probing: DirectProbing, script: Script) -> None:
    found = probe(probing, script, GOOD, pairs=9, timeout=LONG, within=2 * LONG - SHORT)

    # The first one begins whatever the time: a pass that sends nothing would learn nothing.
    assert found.seen.sent == 1


def test_nothing_is_sent_for_no_input(probing: DirectProbing, script: Script) -> None:
    found = probe(probing, script, GOOD, pairs=0)

    assert (found.seen.sent, found.seen.pairs, found.own) == (0, (), ())


@pytest.mark.parametrize("address", ["http://example.test/score", ""])
def test_a_key_is_never_sent_in_clear(probing: DirectProbing, address: str) -> None:
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, address)
    order = ProbeOrder("green-7", "blue-6", 0, ProbeInputs(1, ()), AT, 1, LONG, LONG)

    with pytest.raises(ArmUnavailableError, match="not https"):
        probing.probe(ENDPOINT, seen, order)


def test_a_duration_is_above_zero(probing: DirectProbing, script: Script) -> None:
    (pair,) = probe(probing, script, GOOD).seen.pairs

    assert pair.candidate == ProbeAnswer(200, pair.candidate.took)
    assert pair.candidate.took > 0


def test_bodies_and_keys_are_not_printed() -> None:
    assert "secret" not in repr(ProbeInput(b"secret", "text/csv"))
    assert "secret" not in repr(scoring_calls.Target("https://x", "secret"))
