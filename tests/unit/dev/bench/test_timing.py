"""Figures of the benchmark: least, median and most, by the clock and in CPU seconds."""

import os

from dev.bench.timing import Spread, Took, cpu_in, cpus, spread, timed, walls

TICKS = os.sysconf("SC_CLK_TCK")


def test_a_spread_has_the_least_the_median_and_the_most() -> None:
    assert spread([3.0, 1.0, 9.0, 2.0]) == Spread(1.0, 2.5, 9.0)
    assert str(spread([30.04, 1200.0, 31.0])) == "31 (30-1,200)"


def test_one_value_is_written_once() -> None:
    assert str(spread([123.4])) == "123"


def test_both_clocks_are_told_in_milliseconds() -> None:
    took = [Took(1.0, 0.25), Took(3.0, 0.75)]
    assert walls(took) == Spread(1000.0, 2000.0, 3000.0)
    assert cpus(took) == Spread(250.0, 500.0, 750.0)


def test_a_timed_call_gives_its_result() -> None:
    took, result = timed(lambda: 7)
    assert result == 7
    assert took.wall >= 0
    assert took.cpu >= 0


def test_the_name_of_a_process_does_not_shift_the_fields() -> None:
    fields = ["S", *(str(number) for number in range(4, 20))]
    stat = f"12 (a (b) c) {' '.join(fields)}"
    assert cpu_in(stat) == (14 + 15) / TICKS
