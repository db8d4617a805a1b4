"""Files of minutes: what they may say, and what is said about those that cannot be used."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.metrics.recorded_minutes import (
    Recorded,
    RecordedMinutesError,
    read_recorded,
)
from rollout.adapters.metrics.recorded_tables import COUNTED_FROM
from rollout.adapters.storage import record_codec
from rollout.core.gate.history.documents import minute_document
from rollout.core.records.history import MinuteRecord
from rollout.core.records.observation import Minute, Percentiles, SideMinute
from rollout.text.file_faults import MAX_FAULTS

AT = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HEAD = "minute,side,requests,failures\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def written(folder: Path, text: str, name: str = "minutes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path, **names: str) -> list[str]:
    with pytest.raises(RecordedMinutesError) as caught:
        read_recorded(path, **names)
    return [line.removeprefix(str(path)) for line in str(caught.value).splitlines()]


def test_a_table_has_a_row_for_each_side_of_each_minute(folder: Path) -> None:
    text = """\
# recorded on a Saturday
Minute, Side, requests, failures, rejected, p50, p90, p95, p99, weight
2026-01-31T10:00Z, stable, 900, 4, 1, 100, 190, 230, 320, 10
2026-01-31T11:00:00+01:00, candidate, 100, 1, , , , , , 10

2026-01-31T10:01Z, candidate, 90.5, 0, 2.5, 101, 191, 231, 321, 10
"""
    assert read_recorded(written(folder, "\ufeff" + text)) == (
        Recorded(
            Minute(
                AT,
                SideMinute(900, 4, client_errors=1, latency=Percentiles(100, 190, 230, 320)),
                SideMinute(100, 1),
            ),
            10,
        ),
        Recorded(
            Minute(
                AT + MINUTE,
                None,
                SideMinute(90.5, 0, client_errors=2.5, latency=Percentiles(101, 191, 231, 321)),
            ),
            10,
        ),
    )


def test_minutes_may_be_numbers_and_stand_in_any_order(folder: Path) -> None:
    rows = "2,stable,10,0\n0,stable,9,0\n"
    recorded = read_recorded(written(folder, HEAD + rows))
    assert [each.minute.at for each in recorded] == [COUNTED_FROM + at * MINUTE for at in range(3)]
    assert recorded[0].minute.stable == SideMinute(9, 0)
    assert {each.weight for each in recorded} == {None}


def test_a_minute_that_is_left_out_is_absent_at_the_weight_before(folder: Path) -> None:
    text = "minute,side,requests,failures,weight\n0,stable,9,0,10\n2,stable,9,0,50\n"
    recorded = read_recorded(written(folder, text))
    assert recorded[1] == Recorded(Minute(COUNTED_FROM + MINUTE, None, None), 10)


def test_a_side_without_a_number_of_requests_is_absent_not_zero(folder: Path) -> None:
    recorded = read_recorded(written(folder, HEAD + "0,stable,0,0\n0,candidate,,\n"))
    assert recorded[0].minute.stable == SideMinute(0, 0)
    assert recorded[0].minute.candidate is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": it has no minutes."),
        (HEAD, ": it has no minutes."),
        ("minute,side,requests\n", ', line 1: the column "failures" is missing'),
        ("minute,side,requests,failures,p999\n", ', line 1: the column "p999" is unknown'),
        ("minute,side,requests,failures,side\n", ', line 1: the column "side" is there twice'),
        (HEAD + "0,stable,1\n", ", line 2: there are 3 cells for 4 columns."),
        (HEAD + "#\n0,blue,1,0\n", ', line 3: the side is "blue": write stable or candidate.'),
        (HEAD + "0,stable,x,0\n", ', line 2: requests is "x": write a number'),
        (HEAD + "0,stable,-1,0\n", ', line 2: requests is "-1": write a number'),
        (HEAD + "0,stable,nan,0\n", ', line 2: requests is "nan": write a number'),
        (HEAD + "0,stable,1,2\n", ", line 2: 2 failures and 0 rejected are more than 1 requests."),
        (HEAD + "0,stable,,2\n", ", line 2: there is a value for failures but none for requests."),
        (HEAD + "0,stable,1,0\n0,stable,1,0\n", ", line 3: stable has this minute already (line 2"),
        (HEAD + "2026-01-31T10:00,stable,1,0\n", ", line 2: minute is"),
        (HEAD + "soon,stable,1,0\n", ', line 2: minute is "soon": write a time with its zone'),
        (HEAD + "9999999,stable,1,0\n", ', line 2: minute is "9999999"'),
        (HEAD + "9" * 5000 + ",stable,1,0\n", ', line 2: minute is "9999999'),
        (HEAD + "2026-01-31T10:00:30Z,stable,1,0\n", "is not the start of a minute."),
        (HEAD + "0,stable,1,0\n999999,stable,1,0\n", "at most two weeks are read."),
        (
            "minute,side,requests,failures,p50\n0,stable,1,0,9\n",
            ", line 2: give all of p50, p90, p95, p99 (ms) or none of them.",
        ),
        (
            "minute,side,requests,failures,p50,p90,p95,p99\n0,stable,1,0,9,8,9,9\n",
            ", line 2: p50, p90, p95, p99 must not fall from one to the next.",
        ),
        (
            "minute,side,requests,failures,weight\n0,stable,1,0,101\n",
            ', line 2: weight is "101": write the candidate\'s share in percent, 0 to 100.',
        ),
        (
            "minute,side,requests,failures,weight\n0,stable,1,0," + "9" * 5000 + "\n",
            ', line 2: weight is "9999999',
        ),
        (
            "minute,side,requests,failures,weight\n0,stable,1,0,10\n0,candidate,1,0,50\n",
            ", line 3: the weight differs from the same minute's in line 2.",
        ),
        (
            "minute,side,requests,failures,weight\n0,stable,1,0,10\n1,stable,1,0,\n",
            ": some minutes have a weight and some do not: give it for all or none.",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(
    folder: Path, text: str, said: str
) -> None:
    (fault,) = faults(written(folder, text))
    assert said in fault


def test_a_cell_that_is_not_csv_is_said(folder: Path) -> None:
    (fault,) = faults(written(folder, HEAD + "0," + "x" * 2_000_000 + ",1,0\n"))
    assert "this is not CSV" in fault


def test_all_faults_are_told_at_once_but_not_endlessly(folder: Path) -> None:
    found = faults(written(folder, HEAD + "x,stable,1,0\n" * (MAX_FAULTS + 5)))
    assert len(found) == MAX_FAULTS + 1
    assert found[0].startswith(", line 2:")
    assert found[-1] == ": and 5 more."


def test_what_a_rollout_stored_is_read_with_its_weights(folder: Path) -> None:
    minutes = [
        Minute(AT, SideMinute(9, 1, {"200": 8, "500": 1}), SideMinute(1, 0)),
        Minute(AT + MINUTE, SideMinute(9, 0), None),
    ]
    lines = [json.dumps({**minute_document(each), "weight": 10, "numbers": {}}) for each in minutes]
    path = written(folder, lines[0] + "\n\n" + lines[1] + "\n", "stored.jsonl")
    assert read_recorded(path) == tuple(Recorded(each, 10) for each in minutes)


def test_a_stored_minute_may_be_the_whole_row_of_the_table(folder: Path) -> None:
    minute = Minute(AT, SideMinute(9, 1), SideMinute(1, 0))
    record = MinuteRecord("r", AT, 0, {**minute_document(minute), "weight": 10})
    rows = [
        record_codec.encode(record),
        {"RowKey": "x", "document": json.dumps(record_codec.encode(record))},
    ]
    for row in rows:
        path = written(folder, json.dumps(row), "row.jsonl")
        assert read_recorded(path) == (Recorded(minute, 10),)


def test_a_stored_pass_of_probes_is_no_minute(folder: Path) -> None:
    minute = Minute(AT, SideMinute(9, 1), SideMinute(1, 0))
    rows = [{**minute_document(minute), "weight": 10}, {"at": "2026-01-31T10:05Z", "probes": {}}]
    path = written(folder, "\n".join(map(json.dumps, rows)), "stored.jsonl")
    assert read_recorded(path) == (Recorded(minute, 10),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", ", line 2: Expecting property name"),
        ("[]", ", line 2: this is not the record of a minute"),
        ('{"at": "2026-01-31T10:00Z", "stable": null}', "it has no 'candidate'."),
        (
            '{"at": "2026-01-31T10:05Z", "stable": null, "candidate": null, "weight": 200}',
            ", line 2: the weight 200 is not a whole number from 0 to 100.",
        ),
        (
            '{"at": "2026-01-31T10:05Z", "stable": null, "candidate": null, "weight": true}',
            ", line 2: the weight True",
        ),
        (
            '{"at": "2026-01-31T10:00Z", "stable": null, "candidate": null}',
            ", line 2: the minute 2026-01-31T10:00:00+00:00 occurs a second time.",
        ),
    ],
)
def test_what_is_wrong_with_a_stored_minute_is_said_with_its_line(
    folder: Path, line: str, said: str
) -> None:
    first = json.dumps(minute_document(Minute(AT, None, None)))
    (fault,) = faults(written(folder, f"{first}\n{line}\n", "stored.ndjson"))
    assert said in fault


def series(values: dict[int, float | None], **dimensions: str) -> dict[str, Any]:
    return {
        "metadatavalues": [{"name": {"value": k}, "value": v} for k, v in dimensions.items()],
        "data": [
            {"timeStamp": (AT + at * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")}
            | ({} if value is None else {"average": value})
            for at, value in values.items()
        ],
    }


def metric(name: str, *found: dict[str, Any]) -> dict[str, Any]:
    return {"name": {"value": name}, "timeseries": list(found)}


COUNTS = metric(
    "RequestsPerMinute",
    series({0: 90, 1: 91, 2: None}, deployment="blue", statuscode="200"),
    series({1: 2}, deployment="blue", statuscode="503"),
    series({0: 10, 1: 0}, deployment="green-7", statuscode="200"),
    series({0: 3}, deployment="green-7", statuscode="404"),
    series({0: 2}, deployment="green-7", statuscode="424"),
)
LATENCY = {
    "value": [
        metric(f"RequestLatency_P{each}", series({0: each, 1: each}, deployment="Green-7"))
        for each in (50, 90, 95, 99)
    ]
}


def test_answers_of_the_metrics_api_are_read_as_the_product_reads_them(folder: Path) -> None:
    answers = [{"value": [COUNTS, metric("CpuUtilization")]}, LATENCY]
    path = written(folder, json.dumps(answers), "monitor.json")
    first, second = read_recorded(path, stable="Blue", candidate="green-7")
    assert first.weight is None
    assert first.minute.stable == SideMinute(90, 0, {"200": 90})
    assert first.minute.candidate == SideMinute(
        15, 2, {"200": 10, "404": 3, "424": 2}, client_errors=3, latency=Percentiles(50, 90, 95, 99)
    )
    assert second.minute.stable == SideMinute(93, 2, {"200": 91, "503": 2})
    # A series that is there is zero, and zero requests have no latency.
    assert second.minute.candidate == SideMinute(0, 0)


def test_one_answer_serves_for_stables_history(folder: Path) -> None:
    path = written(folder, json.dumps({"value": [COUNTS]}), "monitor.json")
    recorded = read_recorded(path, stable="blue")
    assert [each.minute.candidate for each in recorded] == [None, None]


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        (json.dumps({"value": [COUNTS]}), {}, ": say whose minutes these are: --stable NAME"),
        ("{", {"stable": "blue"}, ", line 1: this is not JSON"),
        ("{}", {"stable": "blue"}, ": this is not an answer of the metrics API"),
        (
            json.dumps({"value": [COUNTS]}),
            {"stable": "red"},
            ": RequestsPerMinute has no series of red, only of blue, green-7.",
        ),
        (
            json.dumps({"value": [metric("RequestsPerMinute", series({0: 1}, statuscode="200"))]}),
            {"stable": "blue"},
            "is not split by deployment.",
        ),
        (
            json.dumps({"value": [metric("RequestsPerMinute", series({0: 1}, deployment="blue"))]}),
            {"stable": "blue"},
            "is not split by statusCode.",
        ),
        (
            json.dumps(
                {
                    "value": [
                        metric(
                            "RequestsPerMinute",
                            series({0: -1}, deployment="blue", statuscode="200"),
                        )
                    ]
                }
            ),
            {"stable": "blue"},
            "is neither a count nor a time.",
        ),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(
    folder: Path, text: str, names: dict[str, str], said: str
) -> None:
    (fault,) = faults(written(folder, text, "monitor.json"), **names)
    assert said in fault


def test_a_file_that_cannot_be_told_or_read_is_said(folder: Path) -> None:
    assert "name the file .csv" in faults(written(folder, "", "minutes.txt"))[0]
    assert "it cannot be read" in faults(folder / "missing.csv")[0]
    (folder / "latin.csv").write_bytes(b"\xff\xfe\xe9")
    assert "it cannot be read as text" in faults(folder / "latin.csv")[0]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["monitor.json", "stored.jsonl"])
def test_what_is_no_number_is_refused_in_every_recording(
    folder: Path, number: str, name: str
) -> None:
    answer = {"value": [metric("RequestsPerMinute", series({0: 7}, deployment="blue"))]}
    stored = {"at": "2026-01-31T10:00:00+00:00", "stable": {"requests": 7, "failures": 0}}
    document = answer if name == "monitor.json" else {**stored, "candidate": None}
    text = json.dumps(document).replace(": 7", f": {number}")
    (fault,) = faults(written(folder, text, name), stable="blue")
    assert "no JSON number" in fault or "too large" in fault


def test_a_moment_at_the_end_of_time_is_a_fault_and_no_crash(folder: Path) -> None:
    stored = {"at": "9999-12-31T23:59:00-12:00", "stable": None, "candidate": None}
    (fault,) = faults(written(folder, json.dumps(stored), "stored.jsonl"))
    assert "not a moment of our time" in fault
    table = "minute,side,requests,failures\n9999-12-31T23:59:00-12:00,stable,1,0"
    (fault,) = faults(written(folder, table, "minutes.csv"))
    assert "write a time with its zone" in fault


def test_requests_of_unknown_status_are_read_from_a_table_and_an_answer(folder: Path) -> None:
    table = "minute,side,requests,failures,unknown\n0,candidate,9,1,4"
    (first,) = read_recorded(written(folder, table, "minutes.csv"))
    assert first.minute.candidate == SideMinute(9, 1, unknown=4)
    empty = metric("RequestsPerMinute", series({0: 3}, deployment="blue", statuscode=""))
    path = written(folder, json.dumps({"value": [empty]}), "monitor.json")
    (first,) = read_recorded(path, stable="blue")
    assert first.minute.stable == SideMinute(0, 0, {"": 3}, unknown=3)
