"""Which app is meant, and who gets a key."""

from pathlib import Path

import pytest

from rollout.cli.live.place import Place, PlaceError, find

HERE = "http://127.0.0.1:7071"


def no_azd(_: str) -> str:
    return ""


def made_up(folder: Path, text: str = f"ROLLOUT_APP={HERE}\nROLLOUT_KEY=k\n") -> Path:
    file = folder / ".local" / "up" / "app.env"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def found(
    folder: Path, app: str | None = None, key_file: Path | None = None, **environment: str
) -> Place:
    return find(app, key_file, environment, folder, no_azd)


def test_the_command_line_wins_over_the_environment_over_the_file(tmp_path: Path) -> None:
    made_up(tmp_path)

    assert found(tmp_path, "https://a", ROLLOUT_APP="https://b").url == "https://a"
    assert found(tmp_path, ROLLOUT_APP="https://b/").url == "https://b"
    assert found(tmp_path).url == HERE


def test_the_file_is_found_from_a_folder_below(tmp_path: Path) -> None:
    file = made_up(tmp_path)
    (tmp_path / "services").mkdir()

    assert found(tmp_path / "services") == Place(HERE, "k", None, str(file))


def test_the_files_key_goes_to_the_files_app_only(tmp_path: Path) -> None:
    made_up(tmp_path)

    assert found(tmp_path, "https://elsewhere").key is None


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_file_that_others_may_read_or_write_is_left_alone(tmp_path: Path, mode: int) -> None:
    made_up(tmp_path).chmod(mode)

    with pytest.raises(PlaceError):
        found(tmp_path)


def test_a_link_is_left_alone(tmp_path: Path) -> None:
    target = made_up(tmp_path / "theirs")
    link = tmp_path / "mine" / ".local" / "up" / "app.env"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)

    with pytest.raises(PlaceError):
        found(tmp_path / "mine")


def test_azd_is_asked_last(tmp_path: Path) -> None:
    values = {"FUNCTION_APP_URL": "https://azd", "SIGN_IN_CLIENT_ID": "id"}

    place = find(None, None, {"ROLLOUT_KEY": "k"}, tmp_path, lambda name: values.get(name, ""))

    assert place == Place("https://azd", "k", "id", "azd")


@pytest.mark.parametrize(
    "url",
    ["http://elsewhere", "ftp://a", "a", "https://a@b", "https://a?code=secret", "https://a/#b"],
)
def test_an_address_that_could_give_a_key_away_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(PlaceError) as refused:
        found(tmp_path, url)

    assert "secret" not in str(refused.value)


def test_a_key_file_holds_one_line(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k2\n")
    assert found(tmp_path, "https://a", file, ROLLOUT_KEY="k").key == "k2"

    for text in ("", "a\nb"):
        file.write_text(text)
        with pytest.raises(PlaceError):
            found(tmp_path, "https://a", file)
    with pytest.raises(PlaceError):
        found(tmp_path, "https://a", tmp_path / "missing")


def test_nothing_found_says_where_to_say_it(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="--app URL"):
        found(tmp_path)


@pytest.mark.parametrize("name", ["ROLLOUT_APP", "ROLLOUT_KEY", "ROLLOUT_CLIENT_ID"])
def test_a_macro_that_a_pipeline_left_as_written_is_named_and_sent_nowhere(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(PlaceError, match=f"{name} is .*the pipeline has no such variable"):
        found(tmp_path, **{"ROLLOUT_APP": HERE, name: "$(notDefined)"})
