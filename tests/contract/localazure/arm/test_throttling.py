"""What a caller beyond Resource Manager's limits is answered, and what every answer tells."""

from dataclasses import replace

from localazure.arm.messages import ArmResponse
from localazure.world import Dials, Fault
from tests.contract.localazure.arm.conftest import Wire, endpoint_body

READS_LEFT = "x-ms-ratelimit-remaining-subscription-reads"
WRITES_LEFT = "x-ms-ratelimit-remaining-subscription-writes"
ENDPOINT = "onlineEndpoints/fraud"


def limited(wire: Wire, *, shuts: bool = False) -> Wire:
    wire.endpoint("blue")
    wire.world.dials = replace(Dials(), throttle=True, throttle_shuts=shuts)
    return wire


def emptied(wire: Wire) -> ArmResponse:
    """Read until nothing is left; return the first answer beyond it."""
    for _ in range(250):
        assert wire.send("GET", ENDPOINT).status == 200
    return wire.send("GET", ENDPOINT)


def test_without_the_dial_nothing_is_limited_or_told(wire: Wire) -> None:
    wire.endpoint("blue")
    answers = [wire.send("GET", ENDPOINT) for _ in range(260)]
    assert {each.status for each in answers} == {200}
    assert READS_LEFT not in answers[-1].headers


def test_every_answer_says_what_is_left_of_its_kind(wire: Wire) -> None:
    limited(wire)
    found = wire.send("GET", ENDPOINT)
    absent = wire.send("GET", "onlineEndpoints/gone")
    written = wire.send("PUT", ENDPOINT, endpoint_body())
    action = wire.send("POST", f"{ENDPOINT}/listKeys", {})
    deleted = wire.send("DELETE", f"{ENDPOINT}/deployments/gone")
    assert (found.headers[READS_LEFT], absent.headers[READS_LEFT]) == ("249", "248")
    assert found.headers["x-ms-ratelimit-remaining-subscription-global-reads"] == "3749"
    assert (written.headers[WRITES_LEFT], action.headers[WRITES_LEFT]) == ("199", "198")
    assert deleted.headers["x-ms-ratelimit-remaining-subscription-deletes"] == "199"


def test_a_read_too_many_is_told_how_long_to_wait(wire: Wire) -> None:
    refused = emptied(limited(wire))
    assert refused.status == 429
    assert (refused.headers["Retry-After"], refused.headers[READS_LEFT]) == ("10", "0")
    error = refused.json()["error"]
    assert error["code"] == "SubscriptionRequestsThrottled"
    assert "Number of 'read' requests" in error["message"]
    assert "try again after '10' seconds" in error["message"]


def test_one_kind_and_one_caller_limit_no_other(wire: Wire) -> None:
    emptied(limited(wire))
    assert wire.send("PUT", ENDPOINT, endpoint_body()).status in (200, 201)
    assert wire.send("GET", ENDPOINT, token="another").status == 200


def test_a_bucket_fills_with_time_and_never_beyond_its_size(wire: Wire) -> None:
    emptied(limited(wire))
    wire.move(seconds=1)
    answers = [wire.send("GET", ENDPOINT).status for _ in range(26)]
    assert answers == [200] * 25 + [429]
    wire.move(hours=1)
    assert wire.send("GET", ENDPOINT).headers[READS_LEFT] == "249"


def test_a_shut_bucket_stays_shut_until_retry_after_however_often_it_is_asked(wire: Wire) -> None:
    emptied(limited(wire, shuts=True))
    wire.move(seconds=9)
    early = wire.send("GET", ENDPOINT)
    assert (early.status, early.headers["Retry-After"]) == (429, "1")
    wire.move(seconds=1)
    assert wire.send("GET", ENDPOINT).status == 200


def test_all_callers_together_have_fifteen_times_as_much(wire: Wire) -> None:
    limited(wire)
    for caller in range(15):
        for _ in range(250):
            assert wire.send("GET", ENDPOINT, token=f"caller-{caller}").status == 200
    refused = wire.send("GET", ENDPOINT, token="one more")
    assert refused.status == 429
    assert refused.headers[READS_LEFT] == "250"


def test_an_answer_that_a_fault_falsifies_counts_too(wire: Wire) -> None:
    limited(wire)
    wire.arm.faults.add("endpoints.get", Fault(503))
    assert wire.send("GET", ENDPOINT).headers[READS_LEFT] == "249"
    assert wire.send("GET", ENDPOINT).headers[READS_LEFT] == "248"
