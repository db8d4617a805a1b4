"""Access keys: master, host, system and function keys, and what each lets a caller do.

Rules from azure-functions-host: the header `x-functions-key` wins over `?code=`, and a wrong
header is not rescued by a right query; a system key does not open function-level routes.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from localazure.private_files import write_private

KEY_HEADER = "x-functions-key"
KEY_QUERY = "code"
EVENT_GRID_SYSTEM_KEY = "eventgrid_extension"
DEFAULT_KEY_NAME = "default"
KEY_BYTES = 40


class SecretsFileError(Exception):
    """The file with the keys cannot be used; the text names it and says what it must hold."""


class AuthLevel(IntEnum):
    """What a route requires, and what a caller's key grants. Higher levels include lower ones."""

    ANONYMOUS = 0
    SYSTEM = 1
    FUNCTION = 2
    ADMIN = 3


@dataclass(frozen=True)
class Keys:
    """All keys of one app, by name. `functions` maps a function's name to its own keys."""

    master: str
    host: Mapping[str, str]
    system: Mapping[str, str]
    functions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enforced: bool = True
    """False makes every caller an administrator, as `func start` does without --enableAuth."""

    @classmethod
    def generate(cls) -> "Keys":
        """Create random keys: a master key, a default host key and the Event Grid system key."""
        return cls(
            master=secrets.token_urlsafe(KEY_BYTES),
            host={DEFAULT_KEY_NAME: secrets.token_urlsafe(KEY_BYTES)},
            system={EVENT_GRID_SYSTEM_KEY: secrets.token_urlsafe(KEY_BYTES)},
        )

    @classmethod
    def load_or_generate(cls, file: Path, *, enforced: bool = True) -> "Keys":
        """Read the keys in `file`; if it does not exist, create keys and write it.

        The file is JSON: `{"masterKey": text, "functionKeys": {name: text}, "systemKeys": {name:
        text}, "functions": {function: {name: text}}}`, the last being optional.

        Raises:
            SecretsFileError: it exists and holds something else.
        """
        if file.is_file():
            return replace(_parsed(file), enforced=enforced)
        keys = cls.generate()
        content = {
            "masterKey": keys.master,
            "functionKeys": dict(keys.host),
            "systemKeys": dict(keys.system),
        }
        write_private(file, json.dumps(content, indent=2))
        return replace(keys, enforced=enforced)

    def level_of(self, presented: str | None, function: str | None = None) -> AuthLevel:
        """Return what a caller with this key may do, towards `function` if one is named."""
        if not self.enforced:
            return AuthLevel.ADMIN
        if not presented:
            return AuthLevel.ANONYMOUS
        if _same(presented, self.master):
            return AuthLevel.ADMIN
        own = self.functions.get(function or "", {})
        if _among(presented, [*self.host.values(), *own.values()]):
            return AuthLevel.FUNCTION
        if _among(presented, self.system.values()):
            return AuthLevel.SYSTEM
        return AuthLevel.ANONYMOUS

    def opens_webhook(self, presented: str | None, system_key: str) -> bool:
        """Say whether this key opens the webhook of the extension that owns `system_key`."""
        if not self.enforced:
            return True
        return bool(presented) and _among(
            presented or "", [self.master, self.system.get(system_key, "")]
        )


def presented_key(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the key in a request, or None. An empty header hides the query."""
    header = headers.get(KEY_HEADER)
    return query.get(KEY_QUERY) if header is None else header


def _same(presented: str, key: str) -> bool:
    return key != "" and hmac.compare_digest(presented.encode(), key.encode())


def _among(presented: str, keys: Any) -> bool:
    return any(_same(presented, key) for key in keys)


def _parsed(file: Path) -> Keys:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SecretsFileError(f"{file} is not JSON ({error}). Remove it to get new keys.") from (
            error
        )
    if not isinstance(content, dict) or not isinstance(content.get("masterKey"), str):
        raise SecretsFileError(f'{file} must be an object with a text "masterKey".')
    functions = content.get("functions", {})
    if not isinstance(functions, dict):
        raise SecretsFileError(f'"functions" in {file} must be an object.')
    return Keys(
        master=content["masterKey"],
        host=_named_keys(content.get("functionKeys", {}), file),
        system=_named_keys(content.get("systemKeys", {}), file),
        functions={name: _named_keys(keys, file) for name, keys in functions.items()},
    )


def _named_keys(section: Any, file: Path) -> dict[str, str]:
    if not isinstance(section, dict) or not all(isinstance(key, str) for key in section.values()):
        raise SecretsFileError(f"Each group of keys in {file} must map names to texts.")
    return section
