"""Which app is meant, and what it may be sent: from the command line, the environment, or files.

In this order: `--app`, `ROLLOUT_APP`, the file that `make up` writes, and azd's environment. A key
goes only to the app that it was given for: one from the file to the app of the file.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rollout.addresses import is_safe_url

APP, KEY, CLIENT_ID = "ROLLOUT_APP", "ROLLOUT_KEY", "ROLLOUT_CLIENT_ID"
ENV_FILE = Path(".local") / "up" / "app.env"
AZD_SECONDS = 20.0
MAX_FILE_BYTES = 64 * 1024
_AZD_APP, _AZD_CLIENT = "FUNCTION_APP_URL", "SIGN_IN_CLIENT_ID"
_NOWHERE = (
    "Which app? Say --app URL, set ROLLOUT_APP, run `make up` here, or run this in the folder of "
    "an azd environment."
)


class PlaceError(Exception):
    """There is no usable app, or no usable key; the message says what to do."""


@dataclass(frozen=True)
class Place:
    """An app's address without a slash at its end, and what proves who asks.

    `key` is a function key, None where there is none; `client_id` is the application that the app's
    sign-in is registered as, None where a token cannot be asked for. `found` says whose word it is.
    """

    url: str
    key: str | None = None
    client_id: str | None = None
    found: str = ""


def find(
    app: str | None,
    key_file: Path | None,
    environment: Mapping[str, str],
    folder: Path,
    azd: Callable[[str], str] | None = None,
) -> Place:
    """Return the app that is meant.

    Args:
        app: What `--app` says.
        key_file: What `--key-file` says; it wins over `ROLLOUT_KEY`.
        environment: Variables; an empty one counts as not set.
        folder: Where the command runs: the file of `make up` lies in it or in one above.
        azd: What gives a value of azd's environment, "" where it has none; None: azd itself.

    Raises:
        PlaceError: Nothing names an app, its address could give a secret away, or the key file
            cannot be read.
    """
    ask = azd or azd_value
    key = _read_key(key_file) if key_file else _named(environment, KEY) or None
    client = _named(environment, CLIENT_ID) or None
    for found, url in (("--app", app), (APP, _named(environment, APP))):
        if url:
            return Place(_checked(url), key, client, found)
    file = env_file(folder)
    if file is not None:
        values = read_env(file)
        if values.get(APP):
            own = key or values.get(KEY) or None
            return Place(_checked(values[APP]), own, client, str(file))
    url = ask(_AZD_APP)
    if url:
        return Place(_checked(url), key, client or ask(_AZD_CLIENT) or None, "azd")
    raise PlaceError(_NOWHERE)


def _named(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    # Azure Pipelines leaves a macro without a value as it was written.
    if value.startswith("$(") and value.endswith(")"):
        raise PlaceError(
            f"{name} is {value}: the pipeline has no such variable. Define it, or leave out the "
            "parameter that names it."
        )
    return value


def env_file(folder: Path) -> Path | None:
    """Return the file that `make up` wrote in this folder or one above; None where there is none.

    Only one that belongs to the user, and that nobody else can read or write: another's could send
    orders to another's app.
    """
    whole = folder.resolve()
    for each in (whole, *whole.parents):
        file = each / ENV_FILE
        try:
            about = file.lstat()
        except OSError:
            continue
        # Windows has neither owners' numbers nor these bits.
        mine = not hasattr(os, "getuid") or (
            about.st_uid == os.getuid() and not about.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        )
        if stat.S_ISREG(about.st_mode) and mine:
            return file
    return None


def read_env(file: Path) -> Mapping[str, str]:
    """Read lines of the form `NAME=value`; other lines are left out."""
    found = {}
    for line in file.read_text()[:MAX_FILE_BYTES].splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = value.strip()
    return found


def azd_value(name: str, seconds: float = AZD_SECONDS) -> str:
    """Ask azd for a value of its environment; "" where there is no azd, environment or value."""
    azd = shutil.which("azd")
    if azd is None:
        return ""
    try:
        done = subprocess.run(
            [azd, "env", "get-value", name],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # azd prints errors to its output, too.
    return done.stdout.strip() if done.returncode == 0 else ""


def _checked(url: str) -> str:
    bare = url.strip().rstrip("/").removesuffix("/api")
    if not is_safe_url(bare) or "?" in bare or "#" in bare:
        raise PlaceError(
            f"{url.partition('?')[0]!r} cannot be an app's address: use https://NAME (http only "
            "for this machine), without a key in it."
        )
    return bare


def _read_key(file: Path) -> str:
    try:
        key = file.read_text()[:MAX_FILE_BYTES].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PlaceError(f"{file} cannot be read: {error}") from error
    if not key or "\n" in key:
        raise PlaceError(f"{file} must hold one line: a function key.")
    return key
