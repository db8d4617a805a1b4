import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from localazure.functions_host.host_json import HostJsonError, parse_host_json, read_host_json


def parse(**content: Any) -> Any:
    return parse_host_json({"version": "2.0", **content})


def test_the_defaults_are_the_hosts_own() -> None:
    host_json = parse()
    assert host_json.route_prefix == "api"
    assert host_json.function_timeout == timedelta(minutes=30)
    assert host_json.queues.batch_size == 16
    assert host_json.queues.new_batch_threshold == 8
    assert host_json.queues.max_dequeue_count == 5
    assert host_json.queues.base64


def test_the_host_obeys_written_values() -> None:
    queues = {"batchSize": 4, "messageEncoding": "None", "maxPollingInterval": "00:00:05"}
    host_json = parse(
        functionTimeout="-1",
        functions=["tick"],
        logging={"logLevel": {"default": "Warning"}},
        extensions={"http": {"routePrefix": ""}, "queues": queues},
        singleton={},
    )
    assert host_json.function_timeout is None
    assert host_json.functions == {"tick"}
    assert host_json.log_level == logging.WARNING
    assert host_json.route_prefix == ""
    assert host_json.queues.new_batch_threshold == 2
    assert host_json.queues.max_polling_interval == timedelta(seconds=5)
    assert not host_json.queues.base64
    assert host_json.ignored == ("singleton",)


def test_a_polling_interval_may_be_milliseconds() -> None:
    queues = {"maxPollingInterval": 250}
    assert parse(extensions={"queues": queues}).queues.max_polling_interval == timedelta(
        milliseconds=250
    )


@pytest.mark.parametrize(
    "content",
    [
        {"version": "1.0"},
        {"version": 2.0},
        {"functions": "tick"},
        {"functionTimeout": "5 minutes"},
        {"extensions": []},
        {"extensions": {"queues": {"batchSize": 33}}},
        {"extensions": {"queues": {"batchSize": True}}},
        {"extensions": {"queues": {"messageEncoding": "utf8"}}},
        {"extensions": {"queues": {"visibilityTimeout": 5}}},
        {"logging": {"logLevel": {"default": "Loud"}}},
    ],
)
def test_a_value_out_of_its_range_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(HostJsonError):
        parse_host_json({"version": "2.0", **content})


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_missing_or_malformed_file_is_refused_by_name(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "host.json").write_text(content)
    with pytest.raises(HostJsonError, match=r"host\.json"):
        read_host_json(tmp_path)
