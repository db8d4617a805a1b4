"""What docs/api.md says of statuses, routes and limits is what the tables have."""

import re

from rollout.core.machine.repeats import MOST_REMEMBERED, REMEMBERED_FOR
from rollout.inbound.api.routes import ROUTES
from rollout.inbound.parameters import MAX_PAGE_SIZE
from rollout.inbound.roles import Role
from rollout.service.foreseeing import SERVES_FOR
from tests.support.paths import PROJECT

PAGE = (PROJECT / "docs" / "api.md").read_text()


def test_every_status_of_a_problem_is_explained_and_no_other() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \|", PAGE, re.MULTILINE)
    told = {int(status) for row in rows for status in row.split(", ")}
    assert told == {status.value for route in ROUTES for status in route.statuses}


def test_every_route_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(GET|POST) /api/([a-z./{}]+)`", PAGE))
    assert named
    assert named <= {(route.method, route.path) for route in ROUTES}


def test_roles_and_limits_are_those_of_the_code() -> None:
    assert all(f"`{role}`" in PAGE for role in Role)
    assert f"(1 to {MAX_PAGE_SIZE})" in PAGE
    assert f"latest {MOST_REMEMBERED} orders, for a day" in PAGE
    assert REMEMBERED_FOR.days == 1
    assert SERVES_FOR.total_seconds() == 300
    assert "at most every five minutes" in PAGE
