"""When the list's row is due: after what happened at once, else every few minutes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.overview.standing import SUMMARY_EVERY, needs_person, standing, summarised
from rollout.core.records.phases import Phase
from rollout.core.records.rollout import Baking, Current, Refused, Seen
from tests.support.builders import NOW, a_current, a_rollout, after, an_offer, held

BAKING = a_rollout(
    Phase.BAKING, seen=Seen(endpoint=True, at=NOW, split={"blue": 90, "green-7": 10})
)
CURRENT = a_current(BAKING, head="r|00000003")

HAPPENED: dict[str, Current] = {
    "an entry": replace(CURRENT, head="r|00000004"),
    "an offer": replace(CURRENT, offers=(an_offer(),)),
    "one that waits": replace(CURRENT, waiting=an_offer()),
    "damage": replace(CURRENT, damaged="a row beyond the end"),
    "another service": replace(CURRENT, service="other"),
    "a hold": replace(CURRENT, rollout=held(BAKING)),
    "a suspension": replace(CURRENT, rollout=replace(BAKING, suspended=True)),
    "another split": replace(
        CURRENT, rollout=replace(BAKING, seen=replace(BAKING.seen, split={"blue": 100}))
    ),
    "a verdict": replace(CURRENT, rollout=replace(BAKING, baking=Baking(NOW, verdict="harm"))),
    "a refusal": replace(CURRENT, rollout=replace(BAKING, refused=Refused("a lock"))),
    "another phase": replace(CURRENT, rollout=a_rollout(Phase.SHIFTING)),
    "no rollout": replace(CURRENT, rollout=None),
}
GOES_ON: dict[str, Current] = {
    "evidence": replace(CURRENT, rollout=replace(BAKING, baking=Baking(NOW, evidence="0 of 9"))),
    "the gate": replace(CURRENT, rollout=replace(BAKING, gate={"minutes": 4})),
    "a look": replace(CURRENT, rollout=replace(BAKING, seen=replace(BAKING.seen, at=after(1)))),
    "a save": replace(CURRENT, saved_at=after(1), commit_id="another"),
    "the next look": replace(CURRENT, next_look=after(2)),
}


@pytest.mark.parametrize("what", HAPPENED)
def test_what_happens_changes_the_standing(what: str) -> None:
    assert standing(HAPPENED[what]) != standing(CURRENT)


@pytest.mark.parametrize("what", GOES_ON)
def test_what_goes_on_by_itself_does_not(what: str) -> None:
    assert standing(GOES_ON[what]) == standing(CURRENT)


def test_nothing_has_no_standing() -> None:
    assert standing(None) == ""
    assert standing(a_current())


def test_the_first_summary_is_due_with_the_first_save() -> None:
    noted = summarised(CURRENT, NOW).summarised
    assert noted is not None
    assert (noted.at, noted.standing) == (NOW, standing(CURRENT))


def test_a_change_is_due_at_once_and_the_rest_every_few_minutes() -> None:
    noted = summarised(CURRENT, NOW)
    soon = NOW + SUMMARY_EVERY - timedelta(seconds=1)
    assert summarised(noted, soon) == noted
    changed = replace(noted, head="r|00000009")
    assert summarised(changed, soon).summarised != noted.summarised
    later = summarised(noted, NOW + SUMMARY_EVERY).summarised
    assert later is not None
    assert later.at == NOW + SUMMARY_EVERY


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, False),
        ({"damaged": "a row beyond the end"}, True),
        ({"rollout": held(BAKING)}, True),
        ({"rollout": replace(BAKING, refused=Refused("a lock"))}, True),
        ({"rollout": None}, False),
    ],
)
def test_a_person_is_needed_where_nothing_goes_on_alone(
    changes: dict[str, Any],
    needed: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert needs_person(replace(CURRENT, **changes)) is needed
