"""Both sides of one look: shared fairly, silence and unequal sampling said, bins learnt once."""

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.adapters.azure_ml.arm import Arm
from rollout.adapters.azure_ml.http_calls import Deadline
from rollout.adapters.predictions.allowance import Bounds
from rollout.adapters.predictions.collected import QUIET, CollectedPredictions
from rollout.adapters.predictions.files import Files
from rollout.adapters.predictions.places import Places
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.quality_model import Live, Output
from rollout.core.records.observation import DeploymentSeen, ProvisioningState
from rollout.core.records.predictions import PredictionsSeen
from rollout.ports import PredictionsQuestion
from tests.support.collected_files import WORKSPACE, MemoryFiles, lines
from tests.unit.adapters.conftest import Reply, Script

ENDPOINT = f"{WORKSPACE}/onlineEndpoints/fraud-endpoint"
SINCE = datetime(2026, 11, 27, 10, 30, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIVE = Live(outputs=(Output("score"),), expect=Expectation(absent=("error",)))
GREEN, BLUE = "green-7", "blue-6"


def deployment(
    name: str, *, on: bool = True, sampling: float = 1.0, collection: str = "model_outputs"
) -> DeploymentSeen:
    one = {"dataCollectionMode": "Enabled" if on else "Disabled", "samplingRate": sampling}
    body = {"properties": {"dataCollector": {"collections": {collection: one}}}}
    return DeploymentSeen(name, ProvisioningState.SUCCEEDED, body=body)


@dataclass
class Bench:
    """The port over files in memory; each look goes on from the one before."""

    places: Places
    files: MemoryFiles = field(default_factory=MemoryFiles)
    bounds: Bounds = field(default_factory=Bounds)
    question: PredictionsQuestion = field(
        default_factory=lambda: PredictionsQuestion(
            deployment(GREEN), deployment(BLUE), LIVE, SINCE, SINCE
        )
    )

    def answered(self, name: str, at: datetime, *rows: Any) -> None:
        folder = f"modelDataCollector/fraud-endpoint/{name}/model_outputs"
        file = f"{folder}/{at:%Y/%m/%d/%H}/one.jsonl"
        self.files.append(file, lines(rows, at, deployment=name))

    def look(self, now: datetime, **changes: Any) -> PredictionsSeen:
        self.question = replace(self.question, now=now, **changes)
        port = CollectedPredictions(self.places, self._open, self.bounds)
        seen = port.read(ENDPOINT, self.question, timeout=5)
        cursor = json.loads(json.dumps(dict(seen.cursor)))
        self.question = replace(self.question, cursor=cursor, bins=seen.bins)
        return seen

    def _open(self, account: str, container: str, _: Deadline) -> AbstractContextManager[Files]:
        assert (account, container) == ("https://mlstorage.blob.core.windows.net", "answers")
        return nullcontext(self.files)


@pytest.fixture
def bench(script: Script, arm: Arm) -> Bench:
    properties = {
        "datastoreType": "AzureBlob",
        "accountName": "mlstorage",
        "containerName": "answers",
    }
    script.on(
        "GET",
        f"{WORKSPACE}/datastores/workspaceblobstore",
        Reply(body=json.dumps({"properties": properties})),
    )
    return Bench(Places(arm))


def answers(seen: PredictionsSeen) -> list[tuple[datetime, int, int]]:
    return [(each.minute, each.candidate.answers, each.stable.answers) for each in seen.batches]


def test_both_sides_are_counted_minute_by_minute(bench: Bench) -> None:
    bench.answered(GREEN, SINCE, {"score": 0.1}, {"error": "no"})
    bench.answered(BLUE, SINCE, {"score": 0.2})
    bench.answered(BLUE, SINCE + MINUTE, {"score": 0.2}, {"score": 0.3})
    seen = bench.look(SINCE + 2 * MINUTE)

    first = SINCE.replace(second=0)
    assert answers(seen) == [(first, 2, 1), (first + MINUTE, 0, 2)]
    assert (seen.batches[0].candidate.failed, seen.batches[0].stable.failed) == (1, 0)
    assert (seen.more, seen.silent, seen.unequal) == (False, "", "")
    assert answers(bench.look(SINCE + 3 * MINUTE)) == []


def test_bins_are_learnt_of_stable_from_before_the_rollout(bench: Bench) -> None:
    for number in range(400):
        bench.answered(BLUE, SINCE - timedelta(hours=2), {"score": number / 400})
    bench.answered(GREEN, SINCE, {"score": 0.9})
    seen = bench.look(SINCE + MINUTE)

    assert [each.path for each in seen.bins] == ["score"]
    # What teaches the bins is not counted.
    assert [(each.candidate.answers, each.stable.answers) for each in seen.batches] == [(1, 0)]
    assert sum(seen.batches[0].candidate.counts["score"]) == 1
    again = bench.look(SINCE + 2 * MINUTE)
    assert again.bins == seen.bins


def test_without_enough_of_stable_there_are_no_bins_yet_and_failures_count(bench: Bench) -> None:
    bench.answered(GREEN, SINCE, {"error": "no"})
    seen = bench.look(SINCE + MINUTE)

    assert seen.bins == ()
    assert seen.batches[0].candidate.failed == 1


def test_bins_that_are_known_are_not_learnt_again(bench: Bench) -> None:
    for number in range(400):
        bench.answered(BLUE, SINCE - timedelta(hours=2), {"score": number / 400})
    bins = bench.look(SINCE + MINUTE).bins
    bench.files.listings.clear()
    bench.look(SINCE + 2 * MINUTE, bins=bins)

    assert not [each for each in bench.files.listings if each.endswith("2026/11/27/")]


def test_names_are_spelt_as_azure_has_them(bench: Bench) -> None:
    body = {
        **deployment(GREEN).body,
        "id": f"{WORKSPACE}/onlineEndpoints/Fraud-Endpoint/deployments/Green-7",
    }
    folder = "modelDataCollector/Fraud-Endpoint/Green-7/model_outputs/2026/11/27/10"
    bench.files.append(f"{folder}/one.jsonl", lines([{"score": 0.1}], SINCE, deployment="Green-7"))
    seen = bench.look(SINCE + MINUTE, candidate=replace(deployment(GREEN), body=body))

    assert [each.candidate.answers for each in seen.batches] == [1]


def test_neither_side_keeps_the_other_from_being_read(bench: Bench) -> None:
    bench.bounds = Bounds(lines=20, bytes=16 * 1024)
    for _ in range(500):
        bench.answered(GREEN, SINCE, {"score": 0.1})
        bench.answered(BLUE, SINCE, {"score": 0.1})
    seen = bench.look(SINCE + MINUTE)

    assert seen.more
    assert seen.batches[0].candidate.answers > 0
    assert seen.batches[0].stable.answers > 0


@pytest.mark.parametrize("busy", [GREEN, BLUE])
def test_what_one_side_leaves_the_other_may_use(bench: Bench, busy: str) -> None:
    bench.bounds = Bounds(lines=100_000, bytes=40 * 1024)
    for _ in range(50):
        bench.answered(busy, SINCE, {"score": 0.1})
    seen = bench.look(SINCE + MINUTE)

    # 25 kB: more than half of what one look may read.
    assert sum(each.candidate.answers + each.stable.answers for each in seen.batches) == 50
    assert not seen.more


def test_a_look_stops_before_its_deadline(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    # It is known from then on where the files are: nothing else is asked of Azure.
    bench.look(SINCE + MINUTE)
    bench.answered(GREEN, SINCE, {"score": 0.1})
    with monkeypatch.context() as patch:
        patch.setattr(Deadline, "left", lambda _self: 1e-9)
        seen = bench.look(SINCE + MINUTE)
    assert (seen.more, answers(seen)) == (True, [])

    assert answers(bench.look(SINCE + 2 * MINUTE)) == [(SINCE.replace(second=0), 1, 0)]


def test_a_side_that_does_not_collect_is_told(bench: Bench) -> None:
    bench.answered(GREEN, SINCE, {"score": 0.1})
    seen = bench.look(SINCE + MINUTE, stable=deployment(BLUE, on=False))

    assert seen.silent == f"{BLUE} does not collect model_outputs"
    assert answers(seen) == [(SINCE.replace(second=0), 1, 0)]


def test_where_neither_collects_nothing_is_asked(bench: Bench, script: Script) -> None:
    seen = bench.look(
        SINCE + MINUTE,
        candidate=deployment(GREEN, collection="other"),
        stable=DeploymentSeen(BLUE, ProvisioningState.SUCCEEDED),
    )

    assert seen.silent == (
        f"{GREEN} does not collect model_outputs; {BLUE} does not collect model_outputs"
    )
    assert not script.heard


def test_names_of_collections_are_compared_without_case(bench: Bench) -> None:
    bench.answered(GREEN, SINCE, {"score": 0.1})
    seen = bench.look(SINCE + MINUTE, candidate=deployment(GREEN, collection="Model_Outputs"))

    assert not seen.silent


def test_a_side_that_falls_silent_is_told_and_one_answer_ends_it(bench: Bench) -> None:
    bench.answered(BLUE, SINCE + MINUTE, {"score": 0.1})
    assert not bench.look(SINCE + QUIET - MINUTE).silent

    told = bench.look(SINCE + QUIET).silent
    assert told == "nothing was collected of the candidate for 15 min"

    bench.answered(GREEN, SINCE + QUIET, {"score": 0.1})
    bench.answered(BLUE, SINCE + QUIET, {"score": 0.1})
    assert not bench.look(SINCE + QUIET + 2 * MINUTE).silent
    # It is known from one look to the next when a side was last heard of.
    assert bench.look(SINCE + 2 * QUIET + MINUTE).silent == (
        "nothing was collected of the candidate for 16 min; "
        "nothing was collected of stable for 16 min"
    )


def test_where_stable_has_no_traffic_its_silence_says_nothing(bench: Bench) -> None:
    told = bench.look(SINCE + QUIET, stable_serves=False).silent

    assert told == "nothing was collected of the candidate for 15 min"


def test_unequal_sampling_is_told(bench: Bench) -> None:
    seen = bench.look(SINCE + MINUTE, stable=deployment(BLUE, sampling=0.1))

    assert seen.unequal == "1 of the candidate's requests are collected, 0.1 of stable's"


def test_records_that_cannot_be_read_are_told_where_they_are_many(bench: Bench) -> None:
    folder = f"modelDataCollector/fraud-endpoint/{GREEN}/model_outputs/2026/11/27/10"
    bench.files.append(f"{folder}/one.jsonl", b"no record\n" * 3)
    bench.answered(GREEN, SINCE, *[{"score": 0.1}] * 20)
    seen = bench.look(SINCE + MINUTE)
    assert seen.unequal == "3 of the candidate's records could not be read"

    bench.files.append(f"{folder}/one.jsonl", b"no record\n")
    bench.answered(GREEN, SINCE, *[{"score": 0.1}] * 200)
    assert bench.look(SINCE + 2 * MINUTE).unequal == ""


def test_a_shared_folder_is_read_for_ones_own_endpoint(bench: Bench) -> None:
    bench.answered(GREEN, SINCE, {"score": 0.1})
    folder = f"modelDataCollector/fraud-endpoint/{GREEN}/model_outputs/2026/11/27/10"
    other = lines([{"error": "no"}], SINCE, deployment=GREEN, endpoint="churn-endpoint")
    bench.files.append(f"{folder}/other.jsonl", other)
    seen = bench.look(SINCE + MINUTE)

    assert [(each.candidate.answers, each.candidate.failed) for each in seen.batches] == [(1, 0)]


def test_a_clock_that_is_ahead_does_not_hide_silence(bench: Bench) -> None:
    folder = f"modelDataCollector/fraud-endpoint/{GREEN}/model_outputs/2026/11/27/10"
    far = lines([{"score": 0.1}], SINCE + timedelta(days=400), deployment=GREEN)
    bench.files.append(f"{folder}/one.jsonl", far)
    bench.look(SINCE + MINUTE)

    assert "of the candidate" in bench.look(SINCE + MINUTE + QUIET).silent


@pytest.mark.parametrize("part", [7, {"last": 7}, {"last": "yesterday"}, {"oldest": 3}])
def test_a_cursor_that_says_nothing_is_no_failure(bench: Bench, part: Any) -> None:
    bench.answered(GREEN, SINCE, {"score": 0.1})
    seen = bench.look(SINCE + MINUTE, cursor={"candidate": part, "stable": part})

    assert answers(seen) == [(SINCE.replace(second=0), 1, 0)]


def test_a_full_cursor_is_small(bench: Bench) -> None:
    for number in range(60):
        for name in (GREEN, BLUE):
            folder = f"modelDataCollector/fraud-endpoint/{name}/model_outputs/2026/11/27/10"
            bench.files.append(
                f"{folder}/{number}.jsonl", lines([{"score": 1.0}], SINCE, deployment=name)
            )
    seen = bench.look(SINCE + MINUTE)

    assert len(json.dumps(dict(seen.cursor))) < 1100
    assert "24 files of the candidate were too many to be read" in seen.unequal
