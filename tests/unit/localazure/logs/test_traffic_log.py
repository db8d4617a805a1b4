"""The traffic log's rows, from what the recorder kept."""

from datetime import UTC, datetime, timedelta

from localazure.logs.traffic_log import COLUMNS, TABLE, TrafficLog
from localazure.monitor.recorder import Outcome, Recorder
from localazure.world import WorkspaceId

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Scene:
    def __init__(self) -> None:
        self.now = AT
        self.recorder = Recorder(lambda: self.now)
        self.log = TrafficLog(self.recorder, WorkspaceId())

    def served(self, second: float, outcome: Outcome, duration_ms: float = 1.0) -> None:
        self.now = AT + timedelta(seconds=second)
        self.recorder.record("e", outcome, duration_ms)

    def seconds(self, start: float, end: float) -> list[float]:
        first, last = (AT + timedelta(seconds=each) for each in (start, end))
        return [
            (row["TimeGenerated"] - AT).total_seconds() for row in self.log.table(first, last).rows
        ]


def test_a_request_is_a_row_with_every_column() -> None:
    scene = Scene()
    scene.served(1.5, Outcome("blue", 424, 500), 12.9)
    scene.now += DAY
    (row,) = scene.log.table(AT, AT + DAY).rows
    assert set(row) == set(COLUMNS)
    assert row["TimeGenerated"] == AT + timedelta(seconds=1.5)
    assert (row["EndpointName"], row["DeploymentName"]) == ("e", "blue")
    assert (row["ResponseCode"], row["ModelStatusCode"]) == (424, 500)
    assert row["TotalDurationMs"] == 12
    assert row["Type"] == TABLE
    assert row["_ResourceId"].endswith("/workspaces/workspace")


def test_the_start_is_inclusive_and_the_end_exclusive() -> None:
    scene = Scene()
    for second in (0, 7, 60):
        scene.served(second, Outcome("blue", 200, 200))
    scene.now += DAY
    assert scene.seconds(0, 60) == [0, 7]
    assert scene.seconds(7, 61) == [7, 60]


def test_rows_appear_after_the_ingestion_delay() -> None:
    scene = Scene()
    for second in (0, 30):
        scene.served(second, Outcome("blue", 200, 200))
    scene.log.ingestion_delay = timedelta(seconds=30)
    scene.now = AT + timedelta(seconds=45)
    assert scene.seconds(0, 600) == [0]
    scene.log.ingestion_delay = timedelta(0)
    assert scene.seconds(0, 600) == [0, 30]
