"""What is compared of a pair's bodies, when stable is asked twice, and what is left of a body."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.own_requests import Reply as OwnReply
from rollout.adapters.azure_ml.probing import DirectProbing
from rollout.adapters.azure_ml.scoring_calls import DEPLOYMENT_HEADER
from rollout.core.policy.quality_model import Quality
from rollout.core.records.answers import Answer, AnswerPair
from rollout.core.records.observation import EndpointSeen, ProvisioningState
from rollout.core.records.own_requests import Probed
from rollout.core.records.probes import ProbeAnswer
from rollout.ports import ProbeInput, ProbeInputs, ProbeOrder
from tests.doubles.records import ENDPOINT
from tests.unit.adapters.conftest import FixedCredential, Reply, Script

KEYS = f"{ENDPOINT}/listkeys"
AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
LONG = timedelta(seconds=5)
ONE, OTHER = Reply(200, '{"label": 1}'), Reply(200, '{"label": 0}')
ORDER = ProbeOrder(
    candidate="green-7",
    stable="blue-6",
    first=0,
    inputs=ProbeInputs(1, (ProbeInput(b"{}", "application/json"),)),
    at=AT,
    concurrency=1,
    timeout=LONG,
    within=timedelta(seconds=60),
    quality=Quality(),
)


@pytest.fixture
def probing(arm: Arm) -> Iterator[DirectProbing]:
    found = DirectProbing(arm, FixedCredential(), clock=lambda: AT)
    yield found
    found.close()


def probe(probing: DirectProbing, script: Script, *replies: Reply, **changes: Any) -> Probed:
    """The candidate is asked first, then stable, and stable again."""
    script.on("POST", KEYS, Reply(200, '{"primaryKey": "k1"}'))
    script.on("POST", "/score", *replies)
    seen = EndpointSeen(ProvisioningState.SUCCEEDED, {}, {}, None, f"{script.url}/score")
    return probing.probe(ENDPOINT, seen, replace(ORDER, **changes))


def compared(found: Probed) -> AnswerPair | None:
    (pair,) = found.seen.pairs
    return pair.answers


def asked(script: Script) -> list[str]:
    return [each.headers[DEPLOYMENT_HEADER] for each in script.heard if each.path == "/score"]


def test_both_bodies_are_compared(probing: DirectProbing, script: Script) -> None:
    found = compared(probe(probing, script, OTHER, ONE))

    assert found is not None
    assert (found.input, found.differs, found.change) == (0, True, "label 1 -> 0")
    assert found.again is None


def test_without_a_policy_for_predictions_no_body_is_looked_at(
    probing: DirectProbing, script: Script
) -> None:
    found = probe(probing, script, OTHER, ONE, quality=None)

    assert compared(found) is None


@pytest.mark.parametrize("status", [400, 422, 304])
def test_an_input_that_only_the_candidate_refuses_differs(
    probing: DirectProbing, script: Script, status: int
) -> None:
    found = compared(probe(probing, script, Reply(status), ONE))

    change = f"status 200 -> {status}"
    assert found == AnswerPair(0, Answer(), Answer(), differs=True, change=change)


@pytest.mark.parametrize(
    "replies",
    [
        (ONE, Reply(422, "{}")),
        (Reply(422, "{}"), Reply(422, "{}")),
        (Reply(500), ONE),
        (ONE, Reply(424)),
    ],
)
def test_an_input_that_stable_refuses_or_a_side_that_fails_is_not_compared(
    probing: DirectProbing, script: Script, replies: tuple[Reply, ...]
) -> None:
    assert compared(probe(probing, script, *replies, twice=frozenset({0}))) is None


@pytest.mark.parametrize(("second", "again"), [(ONE, False), (OTHER, True), (Reply(500), None)])
def test_stable_is_asked_once_more_where_that_is_wanted(
    probing: DirectProbing,
    script: Script,
    second: Reply,
    again: bool | None,  # noqa: FBT001 - a table's column
) -> None:
    found = probe(probing, script, ONE, ONE, second, twice=frozenset({0}))

    pair = compared(found)
    assert pair is not None
    assert (pair.differs, pair.again) == (False, again)
    assert asked(script) == ["green-7", "blue-6", "blue-6"]
    (own,) = found.own
    assert (sum(own.candidate.values()), sum(own.stable.values())) == (1, 2)


def test_stable_is_not_asked_twice_in_a_pass_that_has_no_time_left(
    probing: DirectProbing, script: Script
) -> None:
    found = probe(
        probing, script, ONE, ONE, twice=frozenset({0}), within=LONG - timedelta(seconds=1)
    )

    assert compared(found) is not None
    assert asked(script) == ["green-7", "blue-6"]


def test_a_429_to_the_second_question_ends_the_pass_and_keeps_the_pair(
    probing: DirectProbing, script: Script
) -> None:
    inputs = ProbeInputs(2, ORDER.inputs.chosen * 2)
    found = probe(probing, script, ONE, ONE, Reply(429), inputs=inputs, twice=frozenset({0}))

    pair = compared(found)
    assert pair is not None
    assert (pair.again, found.seen.stopped) == (None, "429 from the stable")


def test_nothing_of_a_body_is_printed() -> None:
    reply = OwnReply(ProbeAnswer(200, 1.0), "200", body=b"secret")

    assert "secret" not in repr(reply)
    assert "secret" not in repr(ProbeInput(b"secret", "text/csv", label="secret"))
