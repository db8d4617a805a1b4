"""A real browser for the console: found on the machine, never downloaded."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.support.paths import PROJECT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
AXE = PROJECT / "node_modules/axe-core/axe.min.js"

# What the browser itself says of an answer that is no success: the test asks for some of them.
_OF_ANSWERS = "Failed to load resource: the server responded with a status of"


@contextmanager
def running_browser() -> Iterator[Browser]:
    """The machine's browser; a test that asks for it is skipped where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser is installed (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        # As root, which a container often is, there is no sandbox to be had.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Complaints:
    """What went wrong unasked in a page: errors of its code, of its policy, in its console."""

    said: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_OF_ANSWERS):
            self.said.append(message.text)


@contextmanager
def opened_page(
    browser: Browser,
    *,
    viewport: Mapping[str, int] = DESK,
    session: Mapping[str, str] | None = None,
    **context: Any,
) -> Iterator[Page]:
    """A page in a context of its own, which must have nothing to complain of in the end.

    Args:
        browser: The browser.
        viewport: The window's width and height.
        session: What is in the tab's storage from the beginning.
        context: What else Playwright takes for a context.
    """
    made = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        **context,
    )
    complaints = Complaints()
    for name, value in (session or {}).items():
        made.add_init_script(f"sessionStorage.setItem({json.dumps(name)}, {json.dumps(value)})")
    page = made.new_page()
    page.on("console", complaints.note)
    page.on("pageerror", lambda error: complaints.said.append(str(error)))
    try:
        yield page
    finally:
        made.close()
    assert not complaints.said


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe finds against the page as it is; the context must have been made with bypass_csp."""
    page.evaluate(_axe())
    found = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {each['help']}: {node['target']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def sticks_out(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider
