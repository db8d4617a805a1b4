"""Completion of services' names: the app is asked, shortly, and silence is an answer."""

import os
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import typer

from rollout.cli.live.client import App
from rollout.cli.live.place import azd_value, find

PATIENCE_SECONDS = 2.0
"""A person waits for the shell meanwhile; an app that has to start first is not waited for."""

MOST = "200"


def services(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names that begin so; none where the app does not answer in time.

    Whatever goes wrong goes unsaid: words in the middle of a command line would help nobody.
    """
    found: list[str] = []

    def ask() -> None:
        with suppress(Exception):
            found.extend(_names(context.params))

    # A token, azd and a name's look-up have time-outs of their own, all longer.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_SECONDS)
    return sorted(name for name in found[:] if name.startswith(incomplete))


def _names(params: dict[str, Any]) -> list[str]:
    place = find(
        params.get("app"),
        params.get("key_file"),
        os.environ,
        Path.cwd(),
        partial(azd_value, seconds=PATIENCE_SECONDS),
    )
    page = App(place, seconds=PATIENCE_SECONDS).get("rollouts", {"limit": MOST}).body
    return [str(view["service"]) for view in page["value"]]
