"""Many questions about one workspace at once: who asks, who waits, and who is answered by what."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from rollout.adapters.azure_ml.shared_reads import (
    NO_LISTS_SECONDS,
    PATIENCE_SECONDS,
    ListItem,
    SharedReads,
)
from rollout.core.records.observation import Absent
from rollout.errors import AccessDeniedError, ArmThrottledError, ArmUnavailableError
from tests.support.asking_together import LONG, Office, answers, asked
from tests.support.gated_arm import BOUND_SECONDS, GatedArm

LIST = GatedArm.LIST


@pytest.fixture
def office() -> Iterator[Office]:
    found = Office(GatedArm())
    yield found
    found.close()


def test_who_asks_alone_is_answered_by_its_own_request(office: Office) -> None:
    body = office.ask("e-3").result(BOUND_SECONDS)
    assert (body, office.arm.requests) == (office.arm.bodies["e-3"], ["e-3"])
    assert not isinstance(body, ListItem)


def test_many_that_wait_are_answered_by_one_list(office: Office) -> None:
    names = [f"e-{number}" for number in range(1, 12)]
    first, others = office.rush(*names)
    assert not isinstance(first, ListItem)
    assert [each["name"] for each in others] == names
    assert all(isinstance(each, ListItem) for each in others)
    assert office.arm.requests == ["e-0", LIST]


def test_few_that_wait_ask_by_themselves(office: Office) -> None:
    _, others = office.rush("e-1", "e-2")
    assert [each["name"] for each in others] == ["e-1", "e-2"]
    assert sorted(office.arm.requests) == ["e-0", "e-1", "e-2"]


def test_two_that_ask_for_the_same_endpoint_are_answered_by_one_list(office: Office) -> None:
    _, others = office.rush("e-1", "e-1", "E-2")
    assert [each["name"] for each in others] == ["e-1", "e-1", "e-2"]
    assert office.arm.requests == ["e-0", LIST]


def test_a_question_that_comes_while_a_list_is_under_way_is_not_answered_by_it(
    office: Office,
) -> None:
    office.arm.hold("e-0")
    office.arm.hold(LIST)
    first = office.ask("e-0")
    office.arm.held("e-0")
    listed = office.ask_in_line("e-1", "e-2", "e-3")
    office.arm.release("e-0")
    office.arm.held(LIST)
    (late,) = office.ask_in_line("e-1")
    assert not late.done()
    office.arm.release(LIST)
    answers([first, *listed])
    assert not isinstance(late.result(BOUND_SECONDS), ListItem)
    assert office.arm.requests == ["e-0", LIST, "e-1"]


def test_what_a_list_lacks_is_asked_for_alone(office: Office) -> None:
    _, others = office.rush("e-1", "e-2", "gone")
    assert others[2] == Absent()
    assert office.arm.requests == ["e-0", LIST, "gone"]


def without(*path: str) -> Any:
    def spoiled(body: dict[str, Any]) -> dict[str, Any]:
        copy = {**body, "properties": dict(body["properties"])}
        del (copy["properties"] if len(path) > 1 else copy)[path[-1]]
        return copy

    return spoiled


@pytest.mark.parametrize(
    "path",
    [
        ("name",),
        ("kind",),
        ("location",),
        ("tags",),
        ("properties", "traffic"),
        ("properties", "mirrorTraffic"),
        ("properties", "provisioningState"),
        ("properties", "authMode"),
        ("properties", "scoringUri"),
    ],
    ids=lambda path: path[-1],
)
def test_an_item_that_lacks_what_is_decided_from_answers_nobody(
    office: Office, path: tuple[str, ...]
) -> None:
    office.arm.spoil = without(*path)
    _, others = office.rush("e-1", "e-2", "e-3")
    assert [each["name"] for each in others] == ["e-1", "e-2", "e-3"]
    assert not any(isinstance(each, ListItem) for each in others)


@pytest.mark.parametrize(
    "error",
    [
        AccessDeniedError("403"),
        ArmThrottledError("429", wait=timedelta(seconds=5)),
        ArmUnavailableError("not a list"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_after_a_list_that_failed_everybody_asks_alone_for_a_while(
    office: Office, error: Exception
) -> None:
    office.arm.fails[LIST] = error
    _, others = office.rush("e-1", "e-2", "e-3")
    assert [each["name"] for each in others] == ["e-1", "e-2", "e-3"]
    assert sorted(office.arm.requests) == ["e-0", "e-1", "e-2", "e-3", LIST]

    del office.arm.fails[LIST]
    office.seconds += NO_LISTS_SECONDS - 1
    office.arm.hold("e-4")
    slow = office.ask("e-4")
    office.arm.held("e-4")
    assert office.ask("e-5").result(BOUND_SECONDS)["name"] == "e-5", "it waits for nobody"
    office.arm.release("e-4")
    slow.result(BOUND_SECONDS)

    office.seconds += 1
    _, others = office.rush("e-1", "e-2", "e-3", lead="e-6")
    assert all(isinstance(each, ListItem) for each in others)


def test_lists_that_said_what_was_not_so_are_left_alone(office: Office) -> None:
    office.reads.distrust(asked("e-5"))
    assert not office.line.has_lists()
    office.seconds += NO_LISTS_SECONDS
    _, others = office.rush("e-1", "e-2", "e-3")
    assert all(isinstance(each, ListItem) for each in others)


def test_a_list_of_a_workspace_that_is_gone_answers_nobody(office: Office) -> None:
    office.arm.each_page = lambda _path, **_more: iter(())  # type: ignore[method-assign]
    _, others = office.rush("e-1", "e-2", "e-3")
    assert [each["name"] for each in others] == ["e-1", "e-2", "e-3"]
    assert not office.line.has_lists()


def test_a_list_whose_pages_cost_as_much_as_the_reads_is_broken_off() -> None:
    office = Office(GatedArm(500, page=10))
    _, others = office.rush("e-1", "e-2", "e-499")
    assert [each["name"] for each in others] == ["e-1", "e-2", "e-499"]
    assert office.arm.requests.count(LIST) == 2
    assert not office.line.has_lists()
    office.close()


def test_how_many_pages_a_list_had_is_remembered() -> None:
    office = Office(GatedArm(12, page=4))
    _, others = office.rush("e-1", "e-2", "e-3", "e-4")
    assert all(isinstance(each, ListItem) for each in others)
    assert office.arm.requests.count(LIST) == 3
    _, others = office.rush("e-1", "e-2", "e-3", lead="e-6")
    assert not any(isinstance(each, ListItem) for each in others)
    assert office.arm.requests.count(LIST) == 3
    _, others = office.rush("e-1", "e-2", "e-3", "e-4", lead="e-7")
    assert all(isinstance(each, ListItem) for each in others)
    office.close()


def test_who_has_waited_long_enough_for_a_slow_request_asks_alone_and_holds_the_next(
    office: Office,
) -> None:
    office.arm.hold("e-0")
    office.arm.hold("e-1")
    stuck = office.ask("e-0")
    office.arm.held("e-0")
    (impatient,) = office.ask_in_line("e-1")
    office.lose_patience("e-1")
    office.arm.held("e-1")
    others = office.ask_in_line("e-2", "e-3", "e-4")
    office.arm.release("e-1")
    answers(others)
    assert office.arm.requests == ["e-0", "e-1", LIST]
    assert not stuck.done()
    office.arm.release("e-0")
    answers([stuck])
    assert impatient.result(BOUND_SECONDS)["name"] == "e-1"


def test_who_has_waited_long_enough_for_a_slow_list_asks_alone(office: Office) -> None:
    office.arm.hold("e-0")
    office.arm.hold(LIST)
    first = office.ask("e-0")
    office.arm.held("e-0")
    impatient, *others = office.ask_in_line("e-1", "e-2", "e-3")
    office.arm.release("e-0")
    office.arm.held(LIST)
    office.lose_patience("e-1")
    assert impatient.result(BOUND_SECONDS)["name"] == "e-1"
    assert office.arm.requests == ["e-0", LIST, "e-1"]
    office.arm.release(LIST)
    answers([first, *others])


@pytest.mark.parametrize(("timeout", "waits"), [(1.0, 0.5), (LONG, PATIENCE_SECONDS)])
def test_a_question_keeps_half_of_its_time_for_its_own_request(
    office: Office, monkeypatch: pytest.MonkeyPatch, timeout: float, waits: float
) -> None:
    waited: list[float | None] = []
    monkeypatch.setattr(office._changed, "wait_for", lambda _told, seconds: waited.append(seconds))
    office.arm.hold("e-0")
    first = office.ask("e-0")
    office.arm.held("e-0")
    office.reads.read(asked("e-1"), timeout=timeout)
    office.arm.release("e-0")
    first.result(BOUND_SECONDS)
    assert waited == [waits]


def test_a_request_that_fails_fails_alone(office: Office) -> None:
    office.arm.fails["e-0"] = ArmUnavailableError("no answer")
    office.arm.hold("e-0")
    first = office.ask("e-0")
    office.arm.held("e-0")
    others = office.ask_in_line("e-1", "e-2", "e-3")
    office.arm.release("e-0")
    assert [each["name"] for each in answers(others)] == ["e-1", "e-2", "e-3"]
    assert isinstance(first.exception(BOUND_SECONDS), ArmUnavailableError)


def test_what_a_list_cannot_explain_stops_nobody_else(office: Office) -> None:
    office.arm.fails[LIST] = ZeroDivisionError()
    office.arm.hold("e-0")
    first = office.ask("e-0")
    office.arm.held("e-0")
    others = office.ask_in_line("e-1", "e-2", "e-3")
    office.arm.release("e-0")
    answers([first, *others[:2]])
    assert isinstance(others[2].exception(BOUND_SECONDS), ZeroDivisionError)
    assert office.ask("e-5").result(BOUND_SECONDS)["name"] == "e-5"


def test_no_answer_is_older_than_its_question_however_many_ask() -> None:
    arm = GatedArm(6)
    reads = SharedReads(arm)
    threads, begin = 8, threading.Barrier(8)

    def ask_often(seed: int) -> int:
        choice, lists = random.Random(seed), 0  # noqa: S311 - which endpoint a test asks for
        begin.wait(BOUND_SECONDS)
        for _ in range(100):
            name = f"e-{choice.randrange(6)}"
            least = arm.change(name) if choice.random() < 0.3 else arm.version(name)
            body = reads.read(asked(name), timeout=LONG)
            assert body["name"] == name
            assert int(body["tags"]["version"]) >= least
            lists += isinstance(body, ListItem)
        return lists

    with ThreadPoolExecutor(threads) as pool:
        lists = sum(pool.map(ask_often, range(threads)))
    assert len(arm.requests) <= 800
    assert lists + len([each for each in arm.requests if each != LIST]) == 800
    assert reads._line(asked("e-0").workspace)._holder is None
