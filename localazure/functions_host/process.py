"""The host as a child process, for demonstrations and tests."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from localazure.ready_process import ReadyProcess

SECRETS_FILE = "secrets.json"
"""Where in its state folder a host keeps its keys, unless told otherwise."""

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
    status, so a host started again on it has the same keys; give a fixed `port` too where others
    know its URL. Its ready line has `url`, `functionKey`, `masterKey`, `eventGridUrl` (with
    `{name}` for the function), `functions`, `errors` and `warnings`. Who needs a key before the
    host runs makes it with `Keys.load_or_generate(state / SECRETS_FILE)`. `python` is the
    interpreter whose packages the app gets; the host's own must be among them.
    """
    command = [python, "-m", "localazure.functions_host", "--json"]
    command += ["--app", str(app), "--state", str(state), "--port", str(port)]
    merged = {**environment, **settings, "PYTHONPATH": _python_path(environment)}
    return ReadyProcess(command, merged, state / "host.log")


def _python_path(environment: Mapping[str, str]) -> str:
    # The child must find this package wherever it is started from.
    return os.pathsep.join(filter(None, [str(_PROJECT), environment.get("PYTHONPATH")]))
