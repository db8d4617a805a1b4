"""Rows on their way: delay, batches and loss."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from localazure.collector.records import collected
from localazure.collector.rows import FILES, CollectedRows, CollectorDials, Row
from localazure.runtime import CollectionSpec, CollectorSpec, RollingRate

START = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
COLLECTOR = CollectorSpec(
    "green", RollingRate.HOUR, {"model_outputs": CollectionSpec(1.0, "container", "folder")}
)


@dataclass
class Scene:
    dials: CollectorDials = field(default_factory=CollectorDials)
    now: datetime = START
    rows: CollectedRows = field(init=False)

    def __post_init__(self) -> None:
        chance = random.Random(3)  # noqa: S311 - a fair coin
        self.rows = CollectedRows(chance, lambda: self.now, self.dials)

    def log(self, *values: int, collection: str = "model_outputs", source: str = "green") -> None:
        for value in values:
            body = json.dumps([{"a": value}]).encode()
            headers = {"ce-type": f"azureml.inference.{collection}"}
            collector = CollectorSpec(source, COLLECTOR.rolling_rate, COLLECTOR.collections)
            self.rows.add(collector, collected(source, headers, body, self.now))

    def take(self, **later: float) -> list[list[int]]:
        self.now += timedelta(**later)
        return [values(row) for row in self.rows.take()]


def values(row: Row) -> list[int]:
    return [one["a"] for one in json.loads(row.record.data)]


def test_rows_are_taken_once_in_their_order() -> None:
    scene = Scene()
    scene.log(1, 2)
    assert scene.take() == [[1], [2]]
    assert scene.take() == []


def test_a_row_of_a_collection_that_is_off_is_dropped() -> None:
    scene = Scene()
    scene.log(1, collection="model_inputs")
    assert scene.take() == []


def test_a_row_can_be_read_after_the_delay() -> None:
    scene = Scene(CollectorDials(delay=timedelta(minutes=2)))
    scene.log(1)
    assert scene.take(seconds=119) == []
    scene.log(2)
    assert scene.take(seconds=1) == [[1]]
    scene.rows.dials = CollectorDials()
    assert scene.take() == [[2]]


def test_rows_of_one_batch_are_one_record_and_of_each_deployment_apart() -> None:
    scene = Scene(CollectorDials(batch=timedelta(seconds=10), delay=timedelta(seconds=5)))
    scene.log(1, 2)
    scene.log(3, source="blue")
    scene.now += timedelta(seconds=9)
    scene.log(4)
    scene.now += timedelta(seconds=1)
    scene.log(5)
    assert scene.take(seconds=4) == []
    assert scene.take(seconds=1) == [[1, 2, 4], [3]]
    assert scene.take(seconds=10) == [[5]]


def test_the_share_of_rows_that_get_lost_is_the_dials() -> None:
    scene = Scene(CollectorDials(loss=0.25))
    scene.log(*range(400))
    assert 270 <= len(scene.take()) <= 330
    scene.rows.dials = CollectorDials(loss=1.0)
    scene.log(*range(50))
    assert scene.take() == []


def test_a_collections_rows_are_spread_over_its_own_files() -> None:
    scene = Scene()
    scene.log(*range(FILES * 2))
    green = [row.file for row in scene.rows.take()]
    scene.log(*range(FILES), source="blue")
    blue = [row.file for row in scene.rows.take()]
    assert len(set(green)) == len(set(blue)) == FILES
    assert not set(green) & set(blue)
