"""How orders read their options."""

import pytest

from rollout.cli import main
from rollout.cli.live.order_commands import with_wait


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("resume x --wait --yes", "resume x --wait=promoted --yes"),
        ("start --wait x", "start --wait=promoted x"),
        ("start x --wait=stage", "start x --wait=stage"),
        ("rollback x --wait", "rollback x --wait=back"),
        ("abort x --wait", "abort x --wait=back"),
        ("", ""),
    ],
)
def test_a_bare_wait_has_the_value_that_fits_the_order(line: str, read: str) -> None:
    assert with_wait(line.split()) == read.split()


@pytest.mark.parametrize(
    "line",
    [
        "pause fraud",
        "start fraud --reason x",
        "advance fraud --reason x --wait=back",
        "rollback fraud --reason x --wait=stage",
        "resume fraud --reason x --timeout 3h",
        "resume fraud --reason x --wait --timeout soon",
        "retry fraud --reason x --wait",
        "rollback fraud --reason x --to blue",
        "pause fraud --reason x --wait",
        "list -o xml",
    ],
)
def test_wrong_usage_ends_with_64_before_anything_is_asked(line: str) -> None:
    assert main(line.split()) == 64


@pytest.mark.parametrize("name", ["promote", "abort"])
def test_the_names_of_other_tools_work(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert "--reason" in capsys.readouterr().out
