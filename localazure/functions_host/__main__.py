"""`python -m localazure.functions_host --app FOLDER`: run a Python function app on this machine."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localazure.functions_host.app_model import HttpTrigger
from localazure.functions_host.app_settings import AppSettings, SettingsError
from localazure.functions_host.event_grid_webhook import webhook_url
from localazure.functions_host.host import STOP_GRACE_SECONDS, Host, HostParts
from localazure.functions_host.host_json import HostJsonError, read_host_json
from localazure.functions_host.keys import (
    DEFAULT_KEY_NAME,
    EVENT_GRID_SYSTEM_KEY,
    Keys,
    SecretsFileError,
)
from localazure.functions_host.load_checks import check_app
from localazure.functions_host.process import SECRETS_FILE
from localazure.functions_host.worker import AppLoadError, Worker

LOGGER = logging.getLogger("localazure.functions_host")
DEFAULT_PORT = 7071
DEFAULT_STATE_FOLDER = Path(".local") / "functions-host"
EXIT_CANNOT_LOAD = 1
EXIT_CALLS_STILL_RAN = 3
_LOG_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_DESCRIPTION = """\
Run a Python v2 function app with Microsoft's own worker library: HTTP, timer, queue and Event Grid
triggers, keys required, the Functions host's rules enforced. HTTP on the loopback address only."""


@dataclass(frozen=True)
class Options:
    """The command line, paths made absolute."""

    app: Path
    port: int
    secrets: Path
    state: Path
    keys_enforced: bool
    as_json: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Return the exit code; errors are printed as one sentence."""
    options = _parse(arguments)
    try:
        return asyncio.run(_serve(options))
    except (AppLoadError, HostJsonError, SettingsError, SecretsFileError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_CANNOT_LOAD


async def _serve(options: Options) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    parts = await _load(options)
    for problem in parts.app.errors:
        LOGGER.error(problem)
    for problem in parts.app.warnings:
        LOGGER.warning(problem)
    host = Host(parts)
    port = await host.start(options.port)
    _announce(_ready(parts, port), parts, as_json=options.as_json)
    await stopping.wait()
    if not await host.stop():
        LOGGER.error("calls still running %.0f s after the stop are cut off", STOP_GRACE_SECONDS)
        sys.stdout.flush()
        sys.stderr.flush()
        # An orderly exit would wait for their threads, perhaps forever.
        os._exit(EXIT_CALLS_STILL_RAN)
    parts.worker.close()
    return 0


async def _load(options: Options) -> HostParts:
    host_json = read_host_json(options.app)
    settings = AppSettings.load(options.app)
    os.environ.update(settings.values)
    os.environ["FUNCTIONS_WORKER_RUNTIME"] = "python"
    os.environ["AzureWebJobsScriptRoot"] = str(options.app)  # noqa: SIM112 - the platform's name
    logging.basicConfig(format=_LOG_FORMAT, level=host_json.log_level)
    # The SDK logs every request at INFO; the host's own log would drown in the polls.
    logging.getLogger("azure.core.pipeline").setLevel(logging.WARNING)
    logging.getLogger("azure.identity").setLevel(logging.WARNING)
    keys = Keys.load_or_generate(options.secrets, enforced=options.keys_enforced)
    worker = await Worker.load(options.app)
    app = check_app(worker.functions, host_json, settings)
    return HostParts(worker, app, host_json, settings, keys, options.state)


def _ready(parts: HostParts, port: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}"
    keys = parts.keys
    event_grid_key = keys.system.get(EVENT_GRID_SYSTEM_KEY, keys.master)
    return {
        "ready": True,
        "url": url,
        "masterKey": keys.master,
        "functionKey": keys.host.get(DEFAULT_KEY_NAME, keys.master),
        "eventGridUrl": webhook_url(url, "{name}", event_grid_key),
        "functions": [function.name for function in parts.app.functions],
        "errors": list(parts.app.errors),
        "warnings": list(parts.app.warnings),
    }


def _announce(ready: Mapping[str, Any], parts: HostParts, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(ready), flush=True)
        return
    print(f"Functions host on {ready['url']}")
    for function in parts.app.functions:
        trigger = function.trigger
        if isinstance(trigger, HttpTrigger):
            methods = ",".join(sorted(trigger.methods)) or "any method"
            print(f"  {function.name}: {methods} {ready['url']}/{trigger.template.text}")
        else:
            print(f"  {function.name}: {type(trigger).__name__}")
    print(f"  function key: {ready['functionKey']}")
    print(f"  master key:   {ready['masterKey']}")
    print(f"  Event Grid:   {ready['eventGridUrl']}", flush=True)


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        "python -m localazure.functions_host", description=_DESCRIPTION
    )
    parser.add_argument("--app", type=Path, default=Path(), help="folder with function_app.py")
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="loopback port, 0 picks a free one (%(default)s)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        help="folder for timers' status and keys, kept between starts (APP/.local/functions-host)",
    )
    parser.add_argument(
        "--secrets", type=Path, help="JSON file with keys, created if absent (STATE/secrets.json)"
    )
    parser.add_argument("--no-keys", action="store_true", help="make every caller an administrator")
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready")
    parsed = parser.parse_args(arguments)
    app = parsed.app.resolve()
    state = (parsed.state or app / DEFAULT_STATE_FOLDER).resolve()
    return Options(
        app=app,
        port=parsed.port,
        secrets=(parsed.secrets or state / SECRETS_FILE).resolve(),
        state=state,
        keys_enforced=not parsed.no_keys,
        as_json=parsed.json,
    )


if __name__ == "__main__":
    sys.exit(main())
