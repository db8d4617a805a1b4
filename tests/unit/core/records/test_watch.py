"""What can never be true of looks is no record."""

from datetime import timedelta

import pytest

from rollout.core.records.rollout import Clock
from rollout.core.records.watch import Watch
from tests.support.builders import NOW

BEFORE = timedelta(seconds=-1)


def test_unwatched_time_is_never_less_than_none() -> None:
    with pytest.raises(ValueError, match="nobody watched"):
        Watch(unwatched=BEFORE)
    with pytest.raises(ValueError, match="nobody watched"):
        Clock(NOW, unwatched=BEFORE)
