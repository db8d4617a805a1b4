"""The example's made-up scoring requests."""

import random

from localazure.example_models import (
    AMOUNT,
    FEATURES,
    LARGE_AMOUNT_SHARE,
    LARGE_AMOUNTS,
    request_body,
)


def test_a_part_of_the_requests_has_a_large_amount_and_all_have_ten_features() -> None:
    chance = random.Random(7)  # noqa: S311 - repeats
    rows = [request_body(chance)["features"][0] for _ in range(2000)]
    assert {len(row) for row in rows} == {FEATURES}
    large = [row for row in rows if row[AMOUNT] >= LARGE_AMOUNTS[0]]
    assert abs(len(large) / 2000 - LARGE_AMOUNT_SHARE) < 0.03
    assert max(row[AMOUNT] for row in rows) <= LARGE_AMOUNTS[1]
