"""`rollout why`: sentences about a service or a version."""

from rollout.cli.shown.reasons import reasons
from tests.support.builders import a_current, an_offer, held
from tests.support.views import baking, view_of


def test_a_service_says_where_it_is_and_what_could_be_ordered() -> None:
    told = reasons(view_of(held(baking())))

    assert "held at 10 %" in told[0]
    assert any(sentence.startswith("A person decides: ") for sentence in told)
    assert any(sentence.startswith("rollback: ") for sentence in told)


def test_a_waiting_version_says_behind_what() -> None:
    view = view_of(None, current=a_current(baking(), waiting=an_offer("8")))

    (told,) = reasons(view, "8")

    assert told.startswith("version 8 waits: version 7 bakes")


def test_a_rejected_version_says_why_and_what_offers_it_again() -> None:
    record = {"version": "18", "state": "rejected", "text": "no quota"}

    told = reasons({**view_of(baking()), "offers": [record]}, "18")

    assert told[0] == "version 18 is rejected: no quota"
    assert "rollout retry fraud --version 18" in told[1]


def test_a_version_that_was_never_offered_has_no_reason() -> None:
    assert reasons(view_of(baking()), "99") == []
