"""Reading Azure's type data, and saying what to do without them."""

import json
from pathlib import Path

import pytest

from infra_check import type_data
from infra_check.__main__ import main
from infra_check.shapes import Record
from tests.support.small_files import DATA, resource_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.bicep").write_text("param a string\noutput b string = a\n")
    return tmp_path


@pytest.fixture
def no_types(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(type_data.VARIABLE, raising=False)
    monkeypatch.setattr(type_data, "DEFAULT", tmp_path / "absent.json")


def test_types_are_found_without_regard_to_case() -> None:
    assert DATA.get("test.shop/SHOPS", "2025-01-01") is DATA.get("Test.Shop/shops", "2025-01-01")
    assert DATA.get("Test.Shop/shops", "2024-01-01") is None
    assert DATA.versions("Test.Shop/shops") == ("2025-01-01",)
    assert DATA.versions("Test.Shop/nothing") == ()


def test_flags_are_read_bit_by_bit() -> None:
    found = DATA.get("Test.Shop/shops", "2025-01-01")

    assert found is not None
    assert isinstance(found.body, Record)
    fields = found.body.fields
    assert (fields["name"].required, fields["name"].read_only, fields["name"].deploy_time) == (
        True,
        False,
        True,
    )
    assert (fields["id"].required, fields["id"].read_only) == (False, True)


def test_further_types_are_known_beside_the_data() -> None:
    found = DATA.get("Microsoft.Network/virtualNetworks", "2024-05-01")

    assert found is not None
    assert isinstance(found.body, Record)
    assert found.body.fields["location"].required


def test_the_variable_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "types.json"
    path.write_text(json.dumps({"resources": {"Test.Bakery/ovens@1": resource_data(7, 8)}}))
    monkeypatch.setenv(type_data.VARIABLE, str(path))

    found = type_data.load()

    assert found is not None
    assert found.versions("Test.Bakery/ovens") == ("1",)


@pytest.mark.usefixtures("no_types")
def test_absent_data_are_said_to_be_absent_and_the_rest_is_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0
    said = capsys.readouterr().out

    assert "1 Bicep files, 0 findings" in said
    assert type_data.VARIABLE in said


@pytest.mark.usefixtures("no_types")
def test_findings_make_the_command_fail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "main.bicep").write_text("param a string\n")

    assert main([str(folder)]) == 1
    assert "main.bicep:1:1: unused-parameter" in capsys.readouterr().out


def test_a_named_file_that_is_missing_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(type_data.VARIABLE, str(folder / "types.json"))

    assert main([str(folder)]) == 2
    assert "types.json" in capsys.readouterr().err


@pytest.mark.usefixtures("no_types")
def test_a_folder_without_bicep_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "No .bicep file" in capsys.readouterr().err


@pytest.mark.usefixtures("no_types")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ('{"parameters": {}}', "needs the parameter 'a'"),
        ('{"parameters": {"a": {}, "z": {}}}', "no parameter 'z'"),
    ],
)
def test_a_parameters_file_must_match_its_template(
    folder: Path, content: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "main.parameters.json").write_text(content)

    assert main([str(folder)]) == 1
    assert words in capsys.readouterr().out
