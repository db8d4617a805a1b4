"""What is left of Resource Manager's limits, as far as this process can know."""

from contextlib import suppress
from dataclasses import dataclass

import pytest

from rollout.adapters.azure_ml.request_limits import (
    Kind,
    Limit,
    Limits,
    RequestLimits,
    subscription_of,
)

S = "11111111-1111-1111-1111-111111111111"
URL = f"https://management.azure.com/subscriptions/{S}/resourceGroups/g?api-version=x"
LEFT = "x-ms-ratelimit-remaining-subscription-reads"
LEFT_TO_ALL = "x-ms-ratelimit-remaining-subscription-global-reads"
LIMITS = Limits(Limit(100, 10), Limit(50, 5), Limit(50, 5), reserved=0.2)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """Limits of 100 reads, 10 more a second, a fifth of them reserved; 50 and 5 writes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.limits = RequestLimits(LIMITS, self.clock)

    def reads(self, number: int, headers: dict[str, str] | None = None, status: int = 200) -> None:
        for _ in range(number):
            with self.limits.counted("GET", URL) as told:
                told.status, told.headers = status, headers or {}

    def wait(self, reads: float = 4, kind: Kind = Kind.READS) -> float:
        return self.limits.wait(S, {kind: reads})


def test_looks_may_take_all_but_the_reserve() -> None:
    counting = Counting()
    counting.reads(76)
    assert counting.wait(4) == 0
    assert counting.wait(5) == pytest.approx(0.1)
    counting.reads(10)
    assert counting.wait(4) == pytest.approx(1.0)


def test_what_was_taken_comes_back_with_time_and_no_more_than_that() -> None:
    counting = Counting()
    counting.reads(90)
    counting.clock.now += 7
    assert counting.wait(60) == 0
    counting.clock.now += 3600
    assert counting.wait(80) == 0
    counting.reads(1)
    assert counting.wait(80) == pytest.approx(0.1)


def test_a_look_larger_than_all_that_is_not_reserved_goes_when_that_is_there() -> None:
    counting = Counting()
    assert counting.wait(1000) == 0
    counting.reads(1)
    assert counting.wait(1000) == pytest.approx(0.1)


def test_what_was_promised_is_nobody_elses_until_it_is_released() -> None:
    counting = Counting()
    counting.limits.promise(S, {Kind.READS: 78})
    assert counting.wait(4) == pytest.approx(0.2)
    counting.limits.release(S, {Kind.READS: 78})
    assert counting.wait(4) == 0


def test_a_header_is_believed_more_than_the_estimate_in_both_directions() -> None:
    counting = Counting()
    counting.reads(1, {LEFT: "20"})
    assert counting.wait(4) == pytest.approx(0.4)
    counting.reads(1, {LEFT: "99"})
    assert counting.wait(79) == 0


def test_a_subscription_with_more_than_was_set_gets_what_was_set() -> None:
    counting = Counting()
    counting.reads(1, {LEFT: "11999"})
    counting.reads(80)
    assert counting.wait(4) == pytest.approx(0.4)


def test_what_all_callers_have_left_counts_where_it_is_less() -> None:
    counting = Counting()
    counting.reads(1, {LEFT: "90", LEFT_TO_ALL: "20"})
    assert counting.wait(4) == pytest.approx(0.4)


def test_requests_still_on_their_way_are_taken_off_what_an_answer_says() -> None:
    counting = Counting()
    with counting.limits.counted("GET", URL), counting.limits.counted("GET", URL):
        counting.reads(1, {LEFT: "24"})
        assert counting.wait(4) == pytest.approx(0.2)


def test_a_request_without_an_answer_is_on_its_way_no_more() -> None:
    counting = Counting()
    with suppress(OSError), counting.limits.counted("GET", URL):
        raise OSError
    counting.reads(1, {LEFT: "24"})
    assert counting.wait(4) == 0


@pytest.mark.parametrize("text", ["", "many", "-3", "2.5"])
def test_a_header_that_is_no_number_says_nothing(text: str) -> None:
    counting = Counting()
    counting.reads(76, {LEFT: text})
    assert counting.wait(4) == 0


def test_after_a_refusal_nothing_is_there_until_azure_may_be_asked_again() -> None:
    counting = Counting()
    counting.reads(1, {LEFT: "0", "Retry-After": "10"}, status=429)
    assert counting.wait(4) == pytest.approx(10)
    counting.clock.now += 9
    assert counting.wait(4) == pytest.approx(1)
    counting.clock.now += 1
    assert counting.wait(4) == 0


def test_a_refusal_of_a_resource_provider_shuts_nothing_else() -> None:
    counting = Counting()
    counting.reads(1, {LEFT: "95", "Retry-After": "60"}, status=429)
    assert counting.wait(4) == 0


def test_a_refusal_that_tells_nothing_is_waited_for_as_usual() -> None:
    counting = Counting()
    counting.reads(1, status=429)
    assert counting.wait(1) == pytest.approx(5)


def test_kinds_and_subscriptions_are_counted_apart() -> None:
    counting = Counting()
    counting.reads(100)
    assert counting.wait(1, Kind.WRITES) == 0
    assert counting.limits.wait("another", {Kind.READS: 80}) == 0
    for method in ("PUT", "POST", "PATCH"):
        with counting.limits.counted(method, URL):
            pass
    assert counting.wait(40, Kind.WRITES) == pytest.approx(0.6)
    assert counting.wait(40, Kind.DELETES) == 0
    with counting.limits.counted("DELETE", URL):
        pass
    assert counting.wait(40, Kind.DELETES) == pytest.approx(0.2)


def test_the_subscription_is_that_of_the_path_in_any_case() -> None:
    assert subscription_of(f"/SUBSCRIPTIONS/{S.upper()}/resourceGroups/g") == S
    assert subscription_of(URL) == S
    assert subscription_of("https://management.azure.com/tenants?api-version=x") is None
    counting = Counting()
    with counting.limits.counted("GET", "https://management.azure.com/tenants"):
        pass
    assert counting.wait(80) == 0


@pytest.mark.parametrize("left", ["9" * 20, "9" * 5000, "-1", "many", "1.5", "²"])
def test_no_header_keeps_an_answer_from_its_reader(left: str) -> None:
    counting = Counting()
    counting.reads(
        1, {LEFT: left, "Retry-After": "Fri, " + "9" * 30 + " Jan 2020 00:00:00 GMT"}, 429
    )
    assert counting.wait(1) <= 5
    counting.reads(1, {LEFT: left})
    assert counting.wait(1) <= 5
