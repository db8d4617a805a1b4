from datetime import timedelta

import pytest

from localazure.world import Dials


def test_dials_are_turned_in_seconds_and_the_others_stay() -> None:
    before = Dials(stale_read=timedelta(seconds=3))
    after = before.turned({"traffic_update": 1.5, "delete_cancels": False})
    assert after == Dials(
        stale_read=timedelta(seconds=3),
        traffic_update=timedelta(seconds=1.5),
        delete_cancels=False,
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"speed": 1}, "unknown dial: speed"),
        ({"turned": 1}, "unknown dial: turned"),
        ({"stale_read": -1}, "0 or more"),
        ({"stale_read": float("nan")}, "0 or more"),
        ({"stale_read": 1e300}, "too long"),
        ({"stale_read": "1s"}, "number of seconds"),
        ({"stale_read": True}, "number of seconds"),
        ({"delete_cancels": 1}, "true or false"),
    ],
)
def test_an_impossible_turn_is_refused_with_the_reason(
    body: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Dials().turned(body)
