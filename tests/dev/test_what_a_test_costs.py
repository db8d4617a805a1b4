"""Tests that cover nothing new are not traced, in a worker of a parallel run either."""

import sys
import threading


def test_no_tracing_doubles_the_cost_of_a_test_that_covers_nothing_new() -> None:
    assert sys.gettrace() is None
    assert threading.gettrace() is None
