"""The folders of collected rows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from localazure.collector.folders import raw_file, rows_file
from localazure.runtime import RollingRate

MOMENT = datetime(2026, 3, 9, 7, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rate", "middle"),
    [
        (RollingRate.YEAR, "2026"),
        (RollingRate.MONTH, "2026/03"),
        (RollingRate.DAY, "2026/03/09"),
        (RollingRate.HOUR, "2026/03/09/07"),
        (RollingRate.MINUTE, "2026/03/09/07/05"),
    ],
)
def test_the_rolling_rate_decides_how_deep_the_folders_are(rate: RollingRate, middle: str) -> None:
    assert rows_file("a/b", rate, MOMENT, "id") == f"a/b/{middle}/id.jsonl"
    assert raw_file("a/b", rate, MOMENT, "record") == f"a/b/{middle}/record"


def test_folders_are_in_utc() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert rows_file("a", RollingRate.HOUR, elsewhere, "id") == "a/2026/03/09/07/id.jsonl"
