"""The `freeze` part of a policy file: what it may say, and what makes no sense."""

from typing import Any

import pytest

from rollout.adapters.zones import zone_named
from rollout.core.policy.freeze_document import FREEZE, WINDOW
from rollout.core.policy.freeze_model import Day, FreezeWindow
from rollout.core.policy.parsing import ServiceFolder, parse_policy
from rollout.core.policy.values import Faults

NIGHT = {"from": "22:00", "to": "08:00", "zone": "Europe/Berlin"}


def faults_of(freeze: Any) -> dict[str, str]:
    document = {"endpoint": "fraud", "model": {"name": "fraud"}, "freeze": freeze}
    folder = ServiceFolder("fraud", document, ("deployment.yml",))
    _, faults = parse_policy(folder, zone_named)
    return {place.removeprefix("fraud/rollout.yaml: "): text for place, text in faults}


def test_a_window_is_read_and_shown_as_it_was_written() -> None:
    faults = Faults()
    (read,) = FREEZE.read([{**NIGHT, "days": ["mon", "fri"]}], "", faults) or ()
    assert not faults.found
    assert read == FreezeWindow(22 * 60, 8 * 60, "Europe/Berlin", (Day.MON, Day.FRI))
    assert WINDOW.show(read) == {**NIGHT, "days": ["mon", "fri"]}


def test_a_whole_day_ends_at_24() -> None:
    (read,) = FREEZE.read([{"from": "00:00", "to": "24:00", "zone": "UTC"}], "", Faults()) or ()
    assert read == FreezeWindow(0, 1440, "UTC")
    assert WINDOW.show(read)["to"] == "24:00"


@pytest.mark.parametrize(
    ("changes", "place", "text"),
    [
        ({"from": 1320}, "freeze[0].from", 'in quotes, from "00:00" to "23:59"'),
        ({"from": "24:00"}, "freeze[0].from", "not a time of day"),
        ({"to": "8:00"}, "freeze[0].to", 'from "00:00" to "24:00"'),
        ({"to": "24:01"}, "freeze[0].to", "not a time of day"),
        ({"to": "22:00"}, "freeze[0].to", 'for a whole day write from "00:00" to "24:00"'),
        ({"zone": "Berlin"}, "freeze[0].zone", 'There is no time zone "Berlin"'),
        ({"zone": "Europe"}, "freeze[0].zone", "no time zone"),
        ({"zone": "../etc"}, "freeze[0].zone", "not a valid name"),
        ({"days": ["monday"]}, "freeze[0].days[0]", "mon"),
        ({"from": "00:00", "to": "24:00"}, "freeze", "leave no moment of the week open"),
    ],
)
def test_what_makes_no_sense_is_told(changes: dict[str, Any], place: str, text: str) -> None:
    found = faults_of([{**NIGHT, **changes}])
    assert list(found) == [place]
    assert text in found[place]


def test_windows_that_make_sense_have_no_fault() -> None:
    assert faults_of([NIGHT]) == {}


def test_without_a_database_the_names_of_zones_are_taken_as_they_are() -> None:
    document = {
        "endpoint": "fraud",
        "model": {"name": "fraud"},
        "freeze": [{**NIGHT, "zone": "Mars/Olympus"}],
    }
    folder = ServiceFolder("fraud", document, ("deployment.yml",))
    policy, faults = parse_policy(folder)
    assert not faults
    assert policy is not None
    assert policy.freeze[0].zone == "Mars/Olympus"
