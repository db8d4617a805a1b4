"""Lines that a pipeline obeys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.cli.log_commands import Level, azure_annotation, azure_command, github_annotation


def test_github_shows_a_text_beside_a_line() -> None:
    assert (
        github_annotation(Level.ERROR, "is not a duration", "services/a/rollout.yaml", 7)
        == "::error file=services/a/rollout.yaml,line=7::is not a duration"
    )
    assert github_annotation(Level.WARNING, "x", "a") == "::warning file=a::x"
    assert github_annotation(Level.NOTICE, "x", line=3) == "::notice::x"


def test_azure_lists_a_text_among_the_issues() -> None:
    assert (
        azure_annotation(Level.ERROR, "is no duration", "services/a/rollout.yaml", 7)
        == "##vso[task.logissue type=error;sourcepath=services/a/rollout.yaml;linenumber=7;]"
        "is no duration"
    )
    assert azure_annotation(Level.NOTICE, "x") == "##vso[task.logissue type=warning;]x"
    assert azure_command("task.uploadsummary", {}, "/a.md") == "##vso[task.uploadsummary]/a.md"


@pytest.mark.parametrize(
    ("text", "github", "azure"),
    [
        ("50% of\n::set-output", "50%25 of\ufffd::set-output", "50%AZP25 of\ufffd::set-output"),
        ("##[group]", "# #[group]", "# #[group]"),
        ("##vso[task.complete]", "##vso[task.complete]", "# #vso[task.complete]"),
    ],
)
def test_what_others_wrote_ends_no_line_and_begins_no_command(
    text: str, github: str, azure: str
) -> None:
    assert github_annotation(Level.ERROR, text) == f"::error::{github}"
    assert azure_annotation(Level.ERROR, text) == f"##vso[task.logissue type=error;]{azure}"


def test_a_files_name_cannot_add_a_property() -> None:
    assert "file=a%2Cline=9%3A%3A.yaml::" in github_annotation(Level.ERROR, "x", "a,line=9::.yaml")
    assert "sourcepath=a%3Btype=x%5D;]" in azure_annotation(Level.ERROR, "x", "a;type=x]")


@given(st.text(), st.text(min_size=1))
def test_there_is_one_command_whatever_is_written(text: str, file: str) -> None:
    github = github_annotation(Level.ERROR, text, file, 1)
    azure = azure_annotation(Level.ERROR, text, file, 1)

    assert len(github.splitlines()) == len(azure.splitlines()) == 1
    assert github.count("::") - github.split("::", 2)[2].count("::") == 2
    assert azure.count("##") == 1
    assert azure.index("]") == azure.index(";]") + 1
