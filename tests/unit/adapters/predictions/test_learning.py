"""What stable answered lately: newest files first, from their ends, and no more than is wanted."""

from datetime import UTC, datetime, timedelta

import pytest

from rollout.adapters.azure_ml.data_collectors import Rolling
from rollout.adapters.predictions import learning
from rollout.adapters.predictions.learning import lately
from rollout.adapters.predictions.reading import Source, folder_of
from rollout.adapters.predictions.records import Records
from tests.support.collected_files import MemoryFiles, lines

NOW = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
FOLDER = "answers"


def source(rolling: Rolling = Rolling.HOUR) -> tuple[Source, MemoryFiles]:
    files = MemoryFiles()
    return Source(files, FOLDER, rolling, Records("blue-6", "model_outputs")), files


def written(
    files: MemoryFiles, at: datetime, *scores: float, rolling: Rolling = Rolling.HOUR
) -> None:
    rows = [{"score": score} for score in scores]
    name = f"{FOLDER}/{folder_of(rolling, at)}/one.jsonl"
    files.append(name, lines(rows, at, deployment="blue-6"))


def scores(source: Source) -> list[float]:
    return [each["score"] for each in lately(source, NOW)]


@pytest.mark.parametrize("rolling", list(Rolling))
def test_the_newest_files_come_first(rolling: Rolling) -> None:
    found, files = source(rolling)
    written(files, NOW - HOUR, 0.1, rolling=rolling)
    written(files, NOW, 0.2, rolling=rolling)

    assert sorted(scores(found)) == [0.1, 0.2]
    if len(rolling.value) >= len(Rolling.HOUR.value):
        assert scores(found) == [0.2, 0.1]


def test_yesterday_counts_and_the_day_before_does_not() -> None:
    found, files = source()
    written(files, NOW - 24 * HOUR, 0.1)
    written(files, NOW - 48 * HOUR, 0.2)

    assert scores(found) == [0.1]


def test_the_last_answers_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "ANSWERS", 3)
    found, files = source()
    written(files, NOW - HOUR, 0.9)
    written(files, NOW, 0.1, 0.2, 0.3, 0.4)

    assert scores(found) == [0.2, 0.3, 0.4]


def test_no_more_bytes_are_read_than_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, files = source()
    written(files, NOW, 0.1, 0.2, 0.3)
    (content,) = files.blobs.values()
    monkeypatch.setattr(learning, "BYTES", len(content) // 2)

    # Half of a line, in its middle, is no record.
    assert scores(found) == [0.3]


def test_what_is_no_record_teaches_nothing() -> None:
    found, files = source()
    files.append(f"{FOLDER}/{folder_of(Rolling.HOUR, NOW)}/one.jsonl", b"\n{half\n")
    written(files, NOW, 0.1)
    files.append(
        f"{FOLDER}/{folder_of(Rolling.HOUR, NOW)}/one.jsonl",
        lines([{"score": 0.7}], NOW, deployment="green-7"),
    )

    assert scores(found) == [0.1]
