"""Rounds mend what is wrong wherever a process dies, storage is slow, or rows are damaged."""

from datetime import timedelta

import pytest

from rollout.core.records.observation import DeploymentSeen, ProvisioningState
from rollout.core.records.retention import Retention
from rollout.core.records.rounds import RoundKind
from rollout.errors import ArmUnavailableError, StoreUnavailableError
from rollout.ports import DUE_AT_ONCE, Commit, LiveRow
from rollout.service.rounds import LINES_A_ROUND
from tests.doubles.records import minute
from tests.doubles.seam import CrashError, raising
from tests.support.stories.farm import Farm
from tests.support.stories.stage import START

DAY = timedelta(days=1)
LEFT = DeploymentSeen(
    "green-1", ProvisioningState.SUCCEEDED, rollout_tag="20250101T000000000000Z-7"
)


def injured(**limits: object) -> Farm:
    """Four services: one lost its row in `Live`, another its summary, all have old minutes."""
    kept = Retention(minutes=timedelta(days=1))
    farm = Farm(4, {"store": 1.0}, retention=kept, **limits)
    farm.clock.by(2 * DAY)
    first, *others, last = farm.names
    farm.finished(others)
    farm.baking([first, last], farm.clock.now)
    farm.live([first])
    for name in others:
        stored = farm.store.load(farm.endpoint(name))
        assert stored is not None
        farm.store.commit(Commit(stored.current, stored, minutes=[minute(START)]))
    farm.stopwatch.now = 0.0
    return farm


def is_mended(farm: Farm) -> bool:
    store = farm.store
    live = {row.service for row in store.live()}
    summaries = {row.service: row.live for row in store.summaries()}
    wanted = {name: name in (farm.names[0], farm.names[-1]) for name in farm.names}
    old = [row for name in farm.names for row in store.oldest_minutes(farm.endpoint(name), 9)]
    return live == {farm.names[0], farm.names[-1]} and summaries == wanted and not old


@pytest.mark.parametrize("seconds", [0, 3, 10])
def test_a_crash_at_any_call_leaves_nothing_unmended(seconds: int) -> None:
    """The process dies before the nth call of the ticks, and the next one does as well."""
    slice_time = timedelta(seconds=seconds)
    undisturbed = injured(slice_time=slice_time)
    before = undisturbed.seam.calls.total()
    for _ in range(30):
        undisturbed.tick()
    assert is_mended(undisturbed)
    calls = undisturbed.seam.calls.total() - before
    for nth in range(0, calls, 1 + calls // 60):
        farm = injured(slice_time=slice_time)
        crash_after(farm, nth, 2)
        for _ in range(40):
            try:
                farm.tick()
            except CrashError:
                farm.restart()
        assert is_mended(farm), nth


def crash_after(farm: Farm, nth: int, times: int) -> None:
    made, died = 0, 0

    def hook(name: str) -> None:
        nonlocal made, died
        made += 1
        if made > nth and died < times:
            died += 1
            raise CrashError(name)

    farm.seam.before.append(hook)


def test_a_lost_row_whose_summary_knows_is_back_within_a_quarter_of_an_hour() -> None:
    farm = Farm(3)
    farm.finished(farm.names)
    farm.baking(farm.names[1:2])
    for _ in range(3):
        farm.tick()
    farm.store._live.clear()
    for _ in range(15):
        farm.tick()
    assert [row.service for row in farm.store.live()] == farm.names[1:2]


def test_a_lost_row_that_only_the_owner_row_knows_is_back_within_three_hours() -> None:
    farm = Farm(3)
    farm.finished(farm.names)
    for _ in range(3):
        farm.tick()
    # Its door crashed after the save, and nobody calls again; its summary says that it is idle.
    farm.baking(farm.names[2:])
    for _ in range(3 * 60):
        farm.tick()
    assert [row.service for row in farm.store.live()] == farm.names[2:]


def test_a_bundle_that_cannot_be_read_hides_no_lost_row_and_drops_no_summary() -> None:
    farm = Farm(3)
    farm.finished(farm.names[1:])
    for _ in range(3):
        farm.tick()
    farm.baking(farm.names[2:])
    farm.bundle.readable = False
    for _ in range(3 * 60):
        farm.tick()
    assert [row.service for row in farm.store.live()] == farm.names[2:]
    assert len(farm.store.summaries()) == 3


def test_a_service_that_left_the_bundle_keeps_its_rounds_while_it_has_a_row() -> None:
    farm = Farm(3)
    farm.finished(farm.names[:1])
    for _ in range(3):
        farm.tick()
    farm.baking(farm.names[:1])
    farm.bundle.policies.clear()
    for _ in range(3 * 60):
        farm.tick()
    assert [row.service for row in farm.store.live()] == farm.names[:1]
    assert [row.service for row in farm.store.summaries()] == farm.names[:1]


def test_a_slow_store_holds_a_tick_no_longer_than_the_slices_and_a_call() -> None:
    """Every call takes as long as a time-out allows, with its repetition."""
    call = 30.0
    farm = Farm(40, {"store": call, "endpoints": call, "deployments": call})
    farm.finished(farm.names)
    farm.live(farm.names[:20])
    most, kinds = 0.0, len(RoundKind)
    for _ in range(20):
        begun = farm.stopwatch.now
        farm.tick()
        most = max(most, farm.stopwatch.now - begun)
    # A step makes a handful of calls: a page, the row, what is mended and deleted.
    assert most <= kinds * (farm.limits.slice_time.total_seconds() + 8 * call)


@pytest.mark.parametrize("error", [StoreUnavailableError("500"), ValueError("a bug of ours")])
@pytest.mark.parametrize("live", [False, True])
def test_one_endpoint_that_cannot_be_read_holds_up_nobody_else(
    error: Exception, *, live: bool
) -> None:
    farm = Farm(6)
    farm.baking(farm.names)
    if live:
        farm.live(farm.names)
    load, bad = farm.store._load, farm.endpoint(farm.names[2])

    def refusing(endpoint: str) -> object:
        if endpoint == bad:
            raise error
        return load(endpoint)

    farm.store._load = refusing  # type: ignore[method-assign, assignment]  # below the seam
    for _ in range(20):
        farm.tick()
    others = [*farm.names[:2], *farm.names[3:]]
    assert [row.service for row in farm.store.summaries() if row.live] == others
    assert {row.service for row in farm.store.live()} >= set(others)
    over = {each.kind for each in farm.store.rounds() if each.over}
    assert {RoundKind.ALL, RoundKind.RETENTION} <= over


@pytest.mark.parametrize("error", [StoreUnavailableError("500"), ValueError("a bug of ours")])
def test_one_row_that_cannot_be_put_back_holds_up_nobody_else(error: Exception) -> None:
    farm = Farm(6)
    farm.baking(farm.names)
    put, bad = farm.store.put_live, farm.endpoint(farm.names[2])

    def refusing(row: LiveRow) -> None:
        if row.endpoint == bad:
            raise error
        put(row)

    farm.store.put_live = refusing  # type: ignore[method-assign]
    for _ in range(20):
        farm.tick()
    assert [row.service for row in farm.store.live()] == [*farm.names[:2], *farm.names[3:]]
    assert {each.kind for each in farm.store.rounds() if each.over} >= {RoundKind.ALL}


@pytest.mark.parametrize("error", [ArmUnavailableError("503"), ValueError("a bug of ours")])
def test_azure_that_does_not_answer_for_one_endpoint_holds_up_no_search(error: Exception) -> None:
    farm = Farm(3)
    farm.finished(farm.names)
    bad = farm.endpoint(farm.names[0])
    ask = farm.endpoints.endpoint

    def refusing(endpoint: str, *, timeout: float) -> object:
        if endpoint == bad:
            raise error
        return ask(endpoint, timeout=timeout)

    farm.endpoints.endpoint = refusing  # type: ignore[method-assign, assignment]
    for _ in range(60):
        farm.tick()
    assert {farm.endpoint(name) for name in farm.names[1:]} <= set(farm.endpoints.looked)


def test_a_candidate_left_behind_is_searched_for_without_storage_where_there_is_none() -> None:
    farm = Farm(5)
    farm.finished(farm.names)
    for _ in range(45):
        farm.tick()
    farm.seam.calls.clear()
    farm.endpoints.looked.clear()
    for _ in range(60):
        farm.tick()
    assert len(farm.endpoints.looked) >= 5
    assert farm.seam.calls["store.history"] == 0
    farm.endpoints.beside[farm.endpoint(farm.names[3])] = LEFT
    for _ in range(60):
        farm.tick()
    assert farm.seam.calls["store.history"] >= 1
    assert any("did not end so" in line for line in farm.log.attentions)


def test_a_thousand_stuck_endpoints_are_a_few_lines_and_a_count() -> None:
    farm = Farm(1000)
    farm.baking(farm.names)
    farm.live(farm.names)
    farm.clock.by(DAY)
    farm.tick()
    stuck = [line for line in farm.log.attentions if "stuck" in line]
    assert len(stuck) == LINES_A_ROUND
    (more,) = [line for line in farm.log.attentions if "more endpoints" in line]
    assert "990 more" in more
    farm.tick()
    found = {each.kind: each for each in farm.store.rounds()}
    assert found[RoundKind.LIVE].told.count == 1000
    assert found[RoundKind.ALL].told.count == 0, "each is told of once"


def test_rows_of_an_older_app_learn_when_they_are_due() -> None:
    farm = Farm(2)
    farm.baking(farm.names)
    for name in farm.names:
        farm.live([name])
    for row in farm.store._live.values():
        row.entity.pop("due", None)
    # The tick's own attempt fails, as it does where its filter does not find such rows.
    farm.seam.once_before("store.defer_live", raising(StoreUnavailableError("503")))
    farm.tick()
    # At once by every clock: the sweep's may be ahead of the tick's.
    assert {row.due for row in farm.store.live()} == {DUE_AT_ONCE}


def test_faults_that_nobody_can_tell_hold_up_no_endpoints_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    farm = injured()
    # Whether a service owns the endpoint that two name is in a row, which may be sick for long.
    monkeypatch.setattr(farm.directory, "faults", raising(StoreUnavailableError("503")))
    for _ in range(30):
        farm.tick()
    assert RoundKind.LIVE in {each.kind for each in farm.store.rounds() if each.over}
    assert not [text for text in farm.log.attentions if "late" in text]
