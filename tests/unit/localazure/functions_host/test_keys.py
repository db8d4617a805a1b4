import stat
from pathlib import Path

import pytest

from localazure.functions_host.keys import (
    EVENT_GRID_SYSTEM_KEY,
    AuthLevel,
    Keys,
    SecretsFileError,
    presented_key,
)

KEYS = Keys(
    master="master",
    host={"default": "host"},
    system={EVENT_GRID_SYSTEM_KEY: "system"},
    functions={"alert": {"default": "own"}},
)


@pytest.mark.parametrize(
    ("key", "function", "level"),
    [
        ("master", "alert", AuthLevel.ADMIN),
        ("host", "alert", AuthLevel.FUNCTION),
        ("own", "alert", AuthLevel.FUNCTION),
        ("own", "command", AuthLevel.ANONYMOUS),
        ("system", "alert", AuthLevel.SYSTEM),
        ("wrong", "alert", AuthLevel.ANONYMOUS),
        ("", "alert", AuthLevel.ANONYMOUS),
        (None, None, AuthLevel.ANONYMOUS),
    ],
)
def test_a_key_gives_its_level(key: str | None, function: str | None, level: AuthLevel) -> None:
    assert KEYS.level_of(key, function) is level


def test_a_system_key_does_not_open_a_function_route() -> None:
    assert KEYS.level_of("system") < AuthLevel.FUNCTION


def test_without_enforcement_every_caller_is_an_administrator() -> None:
    free = Keys(master="m", host={}, system={}, enforced=False)
    assert free.level_of(None) is AuthLevel.ADMIN
    assert free.opens_webhook(None, EVENT_GRID_SYSTEM_KEY)


@pytest.mark.parametrize(
    ("key", "opens"),
    [("system", True), ("master", True), ("host", False), ("", False), (None, False)],
)
def test_the_webhook_opens_for_its_system_key_and_the_master_key(
    *, key: str | None, opens: bool
) -> None:
    assert KEYS.opens_webhook(key, EVENT_GRID_SYSTEM_KEY) is opens


def test_a_missing_system_key_opens_nothing_for_an_empty_one() -> None:
    keys = Keys(master="m", host={}, system={})
    assert not keys.opens_webhook("", EVENT_GRID_SYSTEM_KEY)


def test_the_header_hides_the_query() -> None:
    assert presented_key({"x-functions-key": ""}, {"code": "host"}) == ""
    assert presented_key({}, {"code": "host"}) == "host"
    assert presented_key({}, {}) is None


def test_generated_keys_are_kept_in_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "state" / "secrets.json"
    first = Keys.load_or_generate(file)
    assert Keys.load_or_generate(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "{}",
        '{"masterKey": "m", "functionKeys": []}',
        '{"masterKey": "m", "functions": 1}',
        '{"masterKey": "m", "functions": {"alert": {"default": 1}}}',
    ],
)
def test_a_malformed_secrets_file_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(content)
    with pytest.raises(SecretsFileError, match=r"secrets\.json"):
        Keys.load_or_generate(file)
