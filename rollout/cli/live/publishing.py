"""`rollout publish`: the services, packed and put where the app reads them."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rollout.cli.bundle import Packed, pack
from rollout.cli.bundle_changes import Changes, changes
from rollout.cli.bundle_target import MovedError, Target
from rollout.cli.exits import ExitCode
from rollout.cli.linting import lint
from rollout.cli.live.client import App, RefusedError, UnreachableError, part
from rollout.cli.live.ordering import agreed
from rollout.cli.live.place import PlaceError, azd_value
from rollout.cli.reports import report
from rollout.cli.safe_text import say
from rollout.errors import ServicesUnavailableError

SETTINGS = ("SERVICES_BUNDLE_URL", "SERVICES_BUNDLE")
"""Variables that may name the blob: azd's output, and the app's own setting, which may be a folder.
"""

POLL_SECONDS = 5.0
DEFAULT_PATIENCE = timedelta(minutes=10)
"""The app looks for a new bundle every minute, unless it is set otherwise."""

_NOT_FOUND = 404
_NOWHERE = (
    "Where to? Say --to URL of the blob that the app's SERVICES_BUNDLE names, set "
    "SERVICES_BUNDLE_URL, or run this in the folder of an azd environment."
)


@dataclass(frozen=True)
class Publication:
    """What the command line asks for. `to` is "" where it names no blob."""

    folder: Path
    to: str
    remove: bool
    yes: bool


@dataclass(frozen=True)
class Published:
    """What became of it; `written` is False where the same bundle was there already."""

    code: ExitCode
    packed: Packed | None = None
    changes: Changes | None = None
    url: str = ""
    written: bool = False

    def document(self) -> Mapping[str, Any]:
        """Return JSON values."""
        found = self.changes or Changes()
        return {
            "url": self.url,
            "bundle": self.packed.digest if self.packed else None,
            "sha256": self.packed.sha256 if self.packed else None,
            "written": self.written,
            "added": list(found.added),
            "changed": list(found.changed),
            "removed": list(found.removed),
        }


def publish(asked: Publication) -> Published:
    """Lint, pack, compare, ask, and write; what is told goes to the standard error output.

    Raises:
        PlaceError: There is no usable blob, nobody can be asked, or services, or a blob that cannot
            be read, would disappear that nobody agreed to remove.
        UnreachableError: The storage gave no usable answer.
    """
    linted = lint(asked.folder)
    if not linted.clean:
        say(linted.trouble or report("text", (), linted.findings).rstrip("\n"), error=True)
        say("nothing was published", error=True)
        return Published(ExitCode.NOT_GOOD)
    target = Target.at(asked.to or _from_settings())
    try:
        packed = pack(asked.folder)
        before = target.read()
        found = changes(asked.folder, before.content if before else None)
        say("\n".join([f"to {target.shown}", *(found.lines() or ["nothing changes"])]), error=True)
        published = Published(ExitCode.GOOD, packed, found, target.shown)
        if before is not None and not found.any:
            return published
        if found.removed and asked.yes and not asked.remove:
            names = ", ".join(found.removed)
            raise PlaceError(f"With --yes, say --remove as well: this removes {names}.")
        # Perhaps the blob is no bundle at all, and somebody else's.
        if found.unreadable and asked.yes and not asked.remove:
            raise PlaceError(
                "With --yes, say --remove as well: what is there cannot be read as a bundle, and "
                "would be gone. See that the address is right."
            )
        if not agreed(asked.yes, "publish?"):
            say("nothing was published", error=True)
            return Published(ExitCode.NOT_GOOD)
        target.write(packed.content, before)
    except (ServicesUnavailableError, MovedError) as error:
        say(f"nothing was published: {error}", error=True)
        return Published(ExitCode.NOT_GOOD)
    finally:
        target.close()
    return Published(ExitCode.GOOD, packed, found, target.shown, written=True)


def await_reading(
    app: App, published: Published, limit: timedelta | None, tell: Callable[[str], None]
) -> ExitCode:
    """Wait until the app shows that it has read this bundle.

    One process of the app answers: another may read it up to `BUNDLE_RECHECK_SECONDS` later.

    Raises:
        RefusedError: The app refuses the question.
        UnreachableError: It gave no usable answer until the end.
    """
    wanted = published.packed.digest if published.packed else ""
    until = time.monotonic() + (limit or DEFAULT_PATIENCE) / timedelta(seconds=1)
    tell(f"waits until the app reads bundle {wanted[:8]}")
    trouble: UnreachableError | None = None
    while True:
        try:
            shown = bundle_read_by(app)
            trouble = None
        except UnreachableError as error:
            shown, trouble = None, error
        if shown == wanted:
            tell("the app has read it")
            return ExitCode.GOOD
        if shown == "":
            tell("This app does not say which bundle it reads; it looks for a new one by itself.")
            return ExitCode.GOOD
        if time.monotonic() >= until:
            if trouble is not None:
                raise trouble
            tell(f"the app still reads bundle {(shown or 'none')[:8]}; it looks again by itself")
            return ExitCode.TIMED_OUT
        time.sleep(POLL_SECONDS)


def bundle_read_by(app: App) -> str | None:
    """Return the digest of the bundle that the app reads.

    "": it does not say; None: no service of it can tell. Every policy is from the same bundle, so
    the first service without a fault tells it.
    """
    services = app.get("rollouts", {"limit": "200"}).body["value"]
    for view in services:
        try:
            shown = app.get(f"rollouts/{part(str(view['service']))}/policy").body
        except RefusedError as error:
            if error.status == _NOT_FOUND:
                return ""
            continue
        told = (shown.get("published") or {}).get("bundle")
        if told:
            return str(told)
        if "published" in shown and "faults" not in (shown["published"] or {}):
            return ""
    return None


def _from_settings() -> str:
    for name in SETTINGS:
        value = os.environ.get(name, "").strip()
        if "://" in value:
            return value
    found = azd_value(SETTINGS[0])
    if not found:
        raise PlaceError(_NOWHERE)
    return found
