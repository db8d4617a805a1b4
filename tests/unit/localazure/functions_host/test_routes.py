import pytest

from localazure.functions_host.routes import RouteError, RouteTemplate, split_path


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/rollouts", "/api/rollouts", {}),
        ("api/rollouts", "/API/Rollouts/", {}),
        ("api/rollouts/{service}", "/api/rollouts/fraud%20x", {"service": "fraud x"}),
        ("api/rollouts/{service}", "/api/rollouts/a%2Fb", {"service": "a%2Fb"}),
        ("api/{id:int?}", "/api", {}),
        ("api/{id:int?}", "/api/-7", {"id": "-7"}),
        ("api/{verb=status}", "/api", {"verb": "status"}),
        ("api/{verb=status}", "/api/stop", {"verb": "stop"}),
        ("api/{*rest}", "/api/a/b", {"rest": "a/b"}),
        ("api/{*rest}", "/api", {"rest": ""}),
        ("api/{id:guid}", "/api/6f9619ff-8b86-d011-b42d-00c04fc964ff", None),
        ("api/{word:minlength(2):alpha}", "/api/ab", {"word": "ab"}),
    ],
)
def test_a_path_matches_its_template(
    template: str, path: str, values: dict[str, str] | None
) -> None:
    found = RouteTemplate.parse(template).match(split_path(path))
    assert found is not None
    assert values is None or found == values


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("api/rollouts", "/api/rollout"),
        ("api/rollouts", "/api/rollouts/x"),
        ("api/rollouts/{service}", "/api/rollouts"),
        ("api/{id:int}", "/api/seven"),
        ("api/{id:int}", "/api/99999999999"),
        ("api/{id:guid}", "/api/seven"),
        ("api/{on:bool}", "/api/yes"),
        ("api/{word:maxlength(2)}", "/api/abc"),
    ],
)
def test_a_path_that_breaks_a_part_does_not_match(template: str, path: str) -> None:
    assert RouteTemplate.parse(template).match(split_path(path)) is None


@pytest.mark.parametrize(
    "template",
    ["api/{a}-{b}", "api/{*rest}/x", "api/{a?}/x", "api/{a:float}", "api/{a:minlength}", "api//x"],
)
def test_a_template_this_host_cannot_serve_is_refused(template: str) -> None:
    with pytest.raises(RouteError):
        RouteTemplate.parse(template)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("api/items/{id}", "api/items/recent", True),
        ("api/items/{id:int}", "api/items/recent", False),
        ("api/items/{id}", "api/items/{id}/logs", False),
        ("api/items/{id}/{part?}", "api/items/recent", True),
        ("api/{*all}", "api/items/recent", True),
        ("api/rollouts", "api/alerts", False),
        ("api/{a}", "api/{b}", True),
    ],
)
def test_templates_overlap_when_one_path_fits_both(*, one: str, other: str, overlap: bool) -> None:
    first, second = RouteTemplate.parse(one), RouteTemplate.parse(other)
    assert first.overlaps(second) is overlap
    assert second.overlaps(first) is overlap
