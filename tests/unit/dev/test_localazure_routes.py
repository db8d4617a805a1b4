"""The committed tables of routes are those that the local Azure serves."""

import pytest

from dev.localazure_routes import (
    BEGIN,
    END,
    TARGET,
    arm_routes,
    control_routes,
    data_routes,
    tables,
    with_tables,
)
from localazure.stack.control import PREFIX
from localazure.world import ACTIONS, Call


def test_the_committed_tables_are_current() -> None:
    page = TARGET.read_text(encoding="utf-8")
    assert page == with_tables(page), "run: make generate"


def test_every_call_of_the_control_plane_is_listed_with_the_action_it_needs() -> None:
    listed = {route.name: route.action for route in arm_routes()}
    assert {call: listed[call] for call in Call} == ACTIONS
    assert {"metrics.get", "metricAlerts.put", "actionGroups.put"} <= set(listed)


def test_every_other_server_and_the_control_surface_are_listed() -> None:
    assert {server for server, _ in data_routes()} == {
        "scoring",
        "Log Analytics",
        "Event Grid topic",
        "receivers",
    }
    controls = list(control_routes())
    assert len(controls) > len({"dials", "faults", "writes"})
    for route in controls:
        assert route.resource is not None
        assert route.resource.canonical.startswith(PREFIX)


def test_each_call_of_the_control_surface_says_what_it_does() -> None:
    assert " |  |" not in tables()


def test_only_the_text_between_the_markers_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_tables(page) == f"before\n{BEGIN}\n{tables()}\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["nothing", BEGIN, f"{END} before {BEGIN}"])
def test_a_page_without_both_markers_in_order_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        with_tables(page)
