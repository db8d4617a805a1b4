"""Who may call Resource Manager now, who waits, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from rollout.adapters.azure_ml.request_limits import Limit, Limits, RequestLimits
from rollout.adapters.azure_ml.turns import COUNTED_SECONDS, PLACE_KEPT_SECONDS, LimitedTurns
from rollout.ports import Asked, Turn

S = "11111111-1111-1111-1111-111111111111"
START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SAVED = START - timedelta(minutes=1)
READS = 4


class Queueing:
    """100 reads, 10 more a second, a fifth reserved; looks of four reads."""

    def __init__(self) -> None:
        self.seconds = 0.0
        one = Limit(100, 10)
        self.limits = RequestLimits(Limits(one, one, one, reserved=0.2), lambda: self.seconds)
        self.turns = LimitedTurns(self.limits, lambda: self.seconds)

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def take(self, number: int) -> None:
        """Requests that no look makes."""
        for _ in range(number):
            with self.limits.counted("GET", f"/subscriptions/{S}/x"):
                pass

    def asked(self, name: str, **more: object) -> Asked:
        due = more.get("waits_since", self.now)
        values = {"reads": READS, "now": self.now, "due": due, "saved_at": SAVED}
        values |= {"overdue_at": self.now + timedelta(hours=1), **more}
        return Asked(f"/subscriptions/{S}/e/{name}", **values)  # type: ignore[arg-type] # by name

    def look(self, name: str, **more: object) -> Turn:
        """Ask, and make the reads where it is the look's turn."""
        if "waits_since" in more:
            self.turns.returned(self.asked(name).endpoint)
        with self.turns.turn(self.asked(name, **more)) as turn:
            if turn.is_now:
                self.take(READS)
        return turn

    def wait(self, name: str, **more: object) -> float:
        turn = self.look(name, **more)
        assert turn.wait is not None, turn
        return turn.wait.total_seconds()


def test_while_there_is_enough_everybody_goes_at_once() -> None:
    queue = Queueing()
    assert all(queue.look(f"e{number}").is_now for number in range(20))
    assert queue.wait("one more") >= 1


def test_what_a_look_was_promised_is_nobody_elses_while_it_lasts() -> None:
    queue = Queueing()
    queue.take(76)
    with queue.turns.turn(queue.asked("a")) as turn:
        assert turn.is_now
        assert queue.wait("b") >= 1
    queue.seconds += 1
    assert queue.look("c").is_now


def test_those_who_wait_get_their_turns_in_the_order_in_which_they_asked() -> None:
    queue = Queueing()
    queue.take(80)
    waits = [queue.wait(f"e{number}") for number in range(100)]
    assert waits == sorted(waits)
    # Ten reads a second are two and a half looks of four.
    assert waits[-1] == pytest.approx(100 * READS / 10, abs=2)


def test_nobody_overtakes_the_line() -> None:
    queue = Queueing()
    queue.take(80)
    queue.wait("first")
    queue.seconds += 0.5
    # Five requests are there, and four of them are the first one's.
    assert queue.wait("later") >= 1
    queue.seconds += 0.5
    assert queue.look("first", waits_since=START).is_now
    queue.seconds += 1
    assert queue.look("later", waits_since=START).is_now


def test_where_there_is_enough_for_all_who_wait_nobody_waits_for_them() -> None:
    queue = Queueing()
    queue.take(100)
    queue.wait("a")
    queue.seconds += 5
    assert queue.look("b").is_now


def test_whoever_comes_back_goes_before_the_line() -> None:
    queue = Queueing()
    queue.take(80)
    for number in range(50):
        queue.wait(f"e{number}")
    queue.seconds += 1
    assert queue.look("e0", waits_since=START).is_now
    queue.seconds += 1
    assert queue.look("of another process", waits_since=START).is_now
    for name in ("e1", "e2", "e3"):
        assert queue.look(name, waits_since=START).is_now
    assert queue.wait("e4", waits_since=START) == 1


def test_who_has_many_before_it_makes_none_of_them_wait_as_long() -> None:
    queue = Queueing()
    queue.take(100)
    for number in range(100):
        queue.wait(f"e{number}")
    late = START + timedelta(seconds=30)
    assert queue.wait("late", waits_since=START, due=late) >= 40
    assert queue.wait("first", waits_since=START, due=START - timedelta(minutes=1)) <= 3


def test_who_comes_back_while_azure_refuses_comes_again_one_after_another() -> None:
    queue = Queueing()
    queue.turns.after_refusal(queue.asked("refused"), timedelta(seconds=10), goes_back=False)
    with queue.limits.counted("GET", f"/subscriptions/{S}/x") as told:
        told.status, told.headers = 429, {"Retry-After": "10"}
    waits = [queue.wait(f"e{number}", waits_since=START) for number in range(20)]
    assert waits == sorted(waits)
    assert waits[-1] - waits[0] >= 20 * READS / 10 - 1


def test_whoever_was_due_before_goes_before_though_it_asks_later() -> None:
    queue = Queueing()
    queue.take(80)
    minute = timedelta(minutes=1)
    waits = [queue.wait(f"e{number}", due=START) for number in range(20)]
    assert queue.wait("earlier", due=START - minute) == 1
    assert queue.wait("later", due=START + minute) >= waits[-1]
    queue.seconds += 1
    # What is there is kept for those that were due before and are not here yet.
    assert not queue.look("later", waits_since=START, due=START + minute).is_now
    assert queue.look("earlier", waits_since=START, due=START - minute).is_now


def test_a_look_gets_its_next_turn_at_its_end_while_others_wait() -> None:
    queue = Queueing()
    due = START + timedelta(minutes=1)
    assert queue.turns.next_turn(queue.asked("a", due=due)) is None
    queue.take(100)
    queue.wait("b")
    again = queue.turns.next_turn(queue.asked("a", due=due))
    assert again == Turn(timedelta(minutes=1), waits_since=due)
    assert queue.look("a", due=due).dropped
    for number in range(300):
        queue.wait(f"e{number}")
    late = queue.turns.next_turn(queue.asked("c", due=due))
    assert late is not None
    assert late.wait is not None
    assert late.wait > timedelta(minutes=2)


def test_a_wait_says_since_when_and_never_before_the_row_was_saved() -> None:
    queue = Queueing()
    queue.take(100)
    assert queue.look("a").waits_since == START
    ahead = START + timedelta(seconds=3)
    assert queue.look("b", saved_at=ahead).waits_since == ahead
    queue.seconds += 1
    assert queue.look("a", waits_since=START).waits_since == START


def test_a_second_wake_up_of_an_endpoint_that_waits_is_dropped() -> None:
    queue = Queueing()
    queue.take(100)
    queue.wait("a")
    queue.seconds += 1
    assert queue.look("a").dropped


def test_a_place_whose_row_was_saved_meanwhile_goes_to_the_later_wake_up() -> None:
    queue = Queueing()
    queue.take(100)
    first = [queue.wait(name) for name in ("a", "b", "c")]
    queue.seconds += 1
    saved = queue.now
    # A person's order, say: its wake-up takes the place, and the one that waits drops out.
    assert queue.wait("a", saved_at=saved) <= first[0]
    assert queue.look("a", waits_since=START, saved_at=saved).dropped


def test_a_place_is_given_up_when_its_wake_up_does_not_return() -> None:
    queue = Queueing()
    queue.take(80)
    queue.wait("a")
    queue.seconds += PLACE_KEPT_SECONDS + 2
    assert queue.look("a").is_now


def test_nobody_waits_for_wake_ups_that_went_to_another_process() -> None:
    queue = Queueing()
    queue.take(80)
    last = max(queue.wait(f"e{number}") for number in range(100))
    queue.seconds += last + COUNTED_SECONDS + 1
    assert queue.look("later").is_now
    # Its place is kept all the same: a second wake-up of the endpoint is not looked at beside it.
    assert queue.look("e99").dropped


def test_an_overdue_look_goes_into_the_reserve_one_at_a_time() -> None:
    queue = Queueing()
    queue.take(100)
    late = {"waits_since": START - timedelta(seconds=30), "overdue_at": START}
    with queue.turns.turn(queue.asked("a", **late)) as turn:
        assert turn.is_now
        assert not queue.look("b", **late).is_now
    assert queue.look("b", **late).is_now


def test_a_look_that_waits_comes_back_when_it_is_overdue_however_long_the_line_is() -> None:
    queue = Queueing()
    queue.take(100)
    for number in range(500):
        queue.wait(f"e{number}")
    assert queue.wait("a", overdue_at=START + timedelta(seconds=90)) == 90


def test_a_refused_look_waits_as_long_as_azure_asks_and_goes_first_then() -> None:
    queue = Queueing()
    wait = timedelta(seconds=10)
    waits = [
        queue.turns.after_refusal(queue.asked(f"e{number}"), wait, goes_back=False)
        for number in range(10)
    ]
    assert waits[0] >= wait
    assert waits == sorted(waits)
    assert queue.look("e3").dropped


def test_what_a_resource_provider_refuses_makes_no_other_look_wait() -> None:
    queue = Queueing()
    queue.take(100)
    queue.wait("others")
    wait = timedelta(seconds=120)
    assert queue.turns.after_refusal(queue.asked("a"), wait, goes_back=False) >= wait
    queue.seconds += 1
    assert queue.wait("b", waits_since=START) <= 5


def test_who_only_waits_to_be_due_again_keeps_nobody_in_line() -> None:
    queue = Queueing()
    queue.take(100)
    queue.wait("a")
    due = START + timedelta(minutes=1)
    assert queue.turns.next_turn(queue.asked("b", due=due)) is not None
    queue.seconds += 10
    assert queue.look("a", waits_since=START).is_now
    # The shortage is over: from here on the tick wakes them, and costs no message more.
    assert queue.turns.next_turn(queue.asked("c", due=due)) is None


def test_a_refused_way_back_waits_for_other_ways_back_only() -> None:
    queue = Queueing()
    queue.take(100)
    for number in range(500):
        queue.wait(f"e{number}")
    wait = timedelta(seconds=60)
    back = [
        queue.turns.after_refusal(queue.asked(f"back{number}"), wait, goes_back=True)
        for number in range(50)
    ]
    assert back[0] <= timedelta(seconds=6)
    # Two reads each, ten a second: five of them a second.
    assert back[-1] <= timedelta(seconds=16)
    assert back == sorted(back)


def test_two_subscriptions_have_two_lines() -> None:
    queue = Queueing()
    queue.take(100)
    queue.wait("a")
    other = Asked("/subscriptions/other/e/a", READS, START, START, SAVED, START)
    with queue.turns.turn(other) as turn:
        assert turn.is_now


def test_what_has_no_turn_gets_only_reads_that_no_look_waits_for() -> None:
    queue = Queueing()
    names = [queue.asked(name).endpoint for name in ("a", "b")]
    assert queue.turns.spare(names, 40) == timedelta(0)
    queue.take(50)
    assert queue.turns.spare(names, 20) == timedelta(seconds=1)
    assert queue.turns.spare([*names, "/subscriptions/other/e/a"], 20) == timedelta(seconds=1)
    queue.take(50)
    queue.wait("c")
    assert queue.turns.spare(names, 1) is None


def test_looks_go_on_though_azure_refuses_writes_for_minutes() -> None:
    queue = Queueing()
    with queue.limits.counted("PUT", f"/subscriptions/{S}/x") as told:
        told.status, told.headers = 429, {"Retry-After": "120"}
    assert queue.wait("a") <= 3
    queue.seconds += 3
    assert queue.look("a", waits_since=START).is_now
