"""Which answers to a probe count as failed."""

import pytest

from rollout.core.records.probes import ProbeAnswer


@pytest.mark.parametrize("status", [0, 408, 424, 500, 502, 503, 504, 599])
def test_no_answer_and_server_errors_are_failures(status: int) -> None:
    assert ProbeAnswer(status, 10.0).failed


@pytest.mark.parametrize("status", [200, 204, 302, 400, 409, 413, 422, 499])
def test_an_answer_that_refuses_the_request_is_none(status: int) -> None:
    assert not ProbeAnswer(status, 10.0).failed
