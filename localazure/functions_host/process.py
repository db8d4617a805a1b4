"""The host as a child process, for demonstrations and tests."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from localazure.ready_process import ReadyProcess

SECRETS_FILE = "secrets.json"
"""The default key file of a host, in its state folder."""

_PROJECT = Path(__file__).resolve().parent.parent.parent


def functions_host_process(
    app: Path,
    settings: Mapping[str, str],
    state: Path,
    *,
    port: int = 0,
    environment: Mapping[str, str] = os.environ,
    python: str = sys.executable,
) -> ReadyProcess:
    """Return a host for the app in `app`, not yet started.

    `settings` are its app settings and go on top of `environment`. `state` keeps keys and timer
    status, so a host started on it again has the same keys; give a fixed `port` too if others know
    its URL. Its ready line has `url`, `functionKey`, `masterKey`, `eventGridUrl` (with `{name}`
    for the function), `functions`, `errors` and `warnings`. To have a key before the host runs,
    create it with `Keys.load_or_generate(state / SECRETS_FILE)`. `python` is the interpreter whose
    packages the app gets; the host's own must be among them.
    """
    command = [python, "-m", "localazure.functions_host", "--json"]
    command += ["--app", str(app), "--state", str(state), "--port", str(port)]
    merged = {**environment, **settings, "PYTHONPATH": _python_path(environment)}
    return ReadyProcess(command, merged, state / "host.log")


def _python_path(environment: Mapping[str, str]) -> str:
    # The child must find this package from any working folder.
    return os.pathsep.join(filter(None, [str(_PROJECT), environment.get("PYTHONPATH")]))
