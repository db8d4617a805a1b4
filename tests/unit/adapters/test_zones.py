"""Time zones by their IANA names."""

from datetime import UTC, datetime, timedelta

import pytest

from rollout.adapters.zones import zone_named


def test_a_zone_has_its_rules() -> None:
    berlin = zone_named("Europe/Berlin")
    assert berlin is not None
    winter, summer = (datetime(2026, month, 1, tzinfo=UTC).astimezone(berlin) for month in (1, 7))
    assert (winter.utcoffset(), summer.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))


@pytest.mark.parametrize("name", ["Berlin", "Europe", "../UTC", "/etc/localtime", "", "UTC\0"])
def test_what_names_no_zone_gives_none(name: str) -> None:
    assert zone_named(name) is None
