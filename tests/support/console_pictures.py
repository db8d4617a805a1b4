"""`python -m tests.support.console_pictures [folder]`: the pictures of the console in docs/images.

The pages are real and the services made up, so that each kind of moment is in a picture.
"""

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.support.browsing import (
    MISSING,
    NOBODYS_SITE,
    StubbedApp,
    browser_path,
    launched,
    tab_in,
)
from tests.support.console_views import (
    View,
    back_view,
    faulty_view,
    held_view,
    moment,
    resting_view,
    rollout_view,
    service_view,
    stubbed_views,
)
from tests.support.paths import PROJECT

IMAGES = PROJECT / "docs" / "images"
CONSOLE = f"{NOBODYS_SITE}/api/ui/"
DRAWN_MS = 1000
"""Plots are drawn into canvases, which no element tells of."""

_SAID = (
    "version 7 bakes at 50 %: candidate 1 of 1,420 failed, stable 2 of 1,396; harm 1.8:1 of 100:1 "
    "(errors); still needed to pass: odds 20:1 on failures (now 11:1)"
)
_HISTORY = (
    (-31, "RolloutStarted", "version 7 starts as green-7, beside blue-6", None),
    (-27, "PhaseChanged", "VALIDATING -> SHIFTING: 3 sample requests answered by green-7", None),
    (-26, "PhaseChanged", "SHIFTING -> BAKING: seen: blue-6 90 %, green-7 10 %", None),
    (-9, "Commanded", "advance: asking for blue-6 50 %, green-7 50 %", "bea@example.com"),
    (-8, "PhaseChanged", "SHIFTING -> BAKING: seen: blue-6 50 %, green-7 50 %", None),
)


def services() -> list[View]:
    """One service for each kind of moment."""
    history: list[View] = [
        {
            "rollout": "0199",
            "sequence": at,
            "at": moment(minutes),
            "kind": kind,
            "text": text,
            "actor": actor,
            "phase": "BAKING",
            "stage": 0,
            "data": {},
            "bodies": [],
        }
        for at, (minutes, kind, text, actor) in enumerate(_HISTORY)
    ]
    rollout = rollout_view(phaseSince=moment(-8), evidence={"windowStart": moment(-8)})
    return [
        service_view(says=_SAID, history=history, rollout=rollout),
        *(held_view(), faulty_view(), back_view(), resting_view(), resting_view("pricing-eu")),
    ]


def take(folder: Path) -> list[Path]:
    """Write the three pictures and return their files.

    Raises:
        RuntimeError: There is no browser.
    """
    program = browser_path()
    if program is None:
        raise RuntimeError(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    app = StubbedApp(stubbed_views(*services()))
    files = [folder / f"console-{name}.png" for name in ("services", "service", "phone")]
    with sync_playwright() as playwright:
        browser = launched(playwright, program)
        with tab_in(browser, key="k") as tab:
            _shown(tab.page, app, "").screenshot(path=files[0], clip=_clip(tab.page, 1280))
        with tab_in(browser, key="k", dark=True) as tab:
            _shown(tab.page, app, "#/s/fraud-detection").screenshot(
                path=files[1], clip=_clip(tab.page, 1280)
            )
        with tab_in(browser, key="k", phone=True) as tab:
            page = _shown(tab.page, app, "#/s/fraud-detection")
            page.get_by_role("button", name="Roll back").click()
            page.get_by_label("Reason").fill("complaints since 14:00")
            page.screenshot(path=files[2])
        browser.close()
    return files


def _shown(page: Page, app: StubbedApp, place: str) -> Page:
    app.serve(page)
    page.goto(f"{CONSOLE}{place}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
    page.wait_for_timeout(DRAWN_MS)
    return page


def _clip(page: Page, width: int) -> Any:
    """The page down to its last part, without the empty rest of the window."""
    end = page.evaluate(
        "Math.max(...[...document.querySelectorAll('main > *')]"
        ".map((each) => each.getBoundingClientRect().bottom)) + 24"
    )
    page.set_viewport_size({"width": width, "height": round(end)})
    return {"x": 0, "y": 0, "width": width, "height": end}


if __name__ == "__main__":
    for file in take(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES):
        sys.stdout.write(f"{file}: {file.stat().st_size / 1024:.0f} KiB\n")
