from datetime import timedelta

from localazure.functions_host.queue_backoff import MIN_POLLING_INTERVAL, Backoff


def test_empty_looks_wait_longer_and_longer_up_to_the_maximum() -> None:
    backoff = Backoff(maximum=timedelta(seconds=5))
    pauses = [backoff.found_nothing() for _ in range(40)]
    assert pauses[0] == MIN_POLLING_INTERVAL.total_seconds()
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5.0
    assert backoff.found() == MIN_POLLING_INTERVAL.total_seconds()
    assert backoff.found_nothing() == MIN_POLLING_INTERVAL.total_seconds()
