import pytest

from localazure.world import Effect, Fault, Faults


def test_the_nth_call_and_the_asked_number_in_a_row_are_hit() -> None:
    faults, fault = Faults(), Fault(status=503)
    faults.add("endpoints.put", fault, nth=2, times=2)
    hits = [faults.next_for("endpoints.put") for _ in range(5)]
    assert hits == [None, fault, fault, None, None]


def test_other_calls_are_neither_hit_nor_counted() -> None:
    faults, fault = Faults(), Fault(status=409)
    faults.add("endpoints.put", fault, nth=2)
    assert faults.next_for("endpoints.get") is None
    assert faults.next_for("endpoints.put") is None
    assert faults.next_for("endpoints.put") is fault


def test_rules_for_one_call_take_turns_in_the_order_they_were_added() -> None:
    faults, first, second = Faults(), Fault(status=500), Fault(status=429, retry_after=2)
    faults.add("deployments.get", first)
    faults.add("deployments.get", second)
    assert [faults.next_for("deployments.get") for _ in range(3)] == [first, second, None]


def test_a_cleared_plan_hits_nothing() -> None:
    faults = Faults()
    faults.add("metrics.get", Fault(status=500), times=9)
    faults.clear()
    assert faults.next_for("metrics.get") is None


def test_a_fault_is_read_from_json() -> None:
    fault = Fault.from_json({"status": 500, "effect": "before", "hang_seconds": 2})
    assert fault == Fault(status=500, effect=Effect.BEFORE, hang_seconds=2)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "needs a status"),
        ({"status": 200}, "must be an HTTP error"),
        ({"status": 500, "hang_seconds": -1}, "hang_seconds must be"),
        ({"status": 500, "effect": "maybe"}, "maybe"),
        ({"status": 500, "delay": 1}, "unknown fault fields: delay"),
    ],
)
def test_an_impossible_fault_is_refused_with_the_reason(
    body: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Fault.from_json(body)


@pytest.mark.parametrize(("nth", "times"), [(0, 1), (1, 0)])
def test_calls_are_counted_from_one(nth: int, times: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        Faults().add("endpoints.put", Fault(status=500), nth=nth, times=times)
