"""A real browser for the console: found on this machine, never downloaded."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect

from rollout.inbound.console_files import console_answer
from tests.support.paths import PROJECT

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"no browser in PATH ({', '.join(NAMES)}): install Debian's chromium to run these tests"
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NOBODYS_SITE = "http://console.test"
"""Where `StubbedApp` answers: the name exists in no network."""

PATIENCE_MS = 60_000
"""How long anything may take before it is missing: a busy machine is no fault."""

Json = Mapping[str, Any]


def browser_path() -> str | None:
    """The browser's program; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launched(playwright: Playwright, program: str) -> Browser:
    # Chromium's sandbox refuses to run as root, and these pages are our own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=program, args=arguments)


@dataclass
class Tab:
    """A page, and what its console complained about: errors, and breaches of the policy."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def unexpected(self, *expected: str) -> list[str]:
        """Complaints without these texts in them."""
        return [each for each in self.complaints if not any(text in each for text in expected)]


@contextmanager
def tab_in(
    browser: Browser,
    *,
    phone: bool = False,
    dark: bool = False,
    key: str = "",
    name: str = "ann",
    bypass_csp: bool = False,
) -> Iterator[Tab]:
    """Open a tab of its own; with `key` it has entered already."""
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
        has_touch=phone,
        color_scheme="dark" if dark else "light",
        bypass_csp=bypass_csp,
        reduced_motion="reduce",
    )
    try:
        yield _tab(context, key, name)
    finally:
        context.close()


def _tab(context: BrowserContext, key: str, name: str) -> Tab:
    if key:
        stored = {"rollout.key": key, "rollout.name": name}
        sets = (
            f"sessionStorage.setItem({json.dumps(k)}, {json.dumps(v)});" for k, v in stored.items()
        )
        # Only the first time: a test may forget the key, and reload.
        context.add_init_script(
            f"if (!sessionStorage.getItem('entered')) {{ {''.join(sets)} "
            "sessionStorage.setItem('entered', '1'); }"
        )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    tab = Tab(context.new_page())
    tab.page.on(
        "console",
        lambda message: tab.complaints.append(message.text) if message.type == "error" else None,
    )
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    return tab


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is. The tab must bypass the policy, which stops axe, too."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@dataclass
class StubbedApp:
    """The console's files as the app serves them, and answers that a test chooses.

    `views` are answers by path below `/api/`: JSON, or a function of nothing that returns one. Each
    has a tag, so that what has not changed is answered with 304. While `dead` no answer comes.
    """

    views: dict[str, Any]
    dead: bool = False
    asked: list[str] = field(default_factory=list)
    orders: list[tuple[str, Json, Json]] = field(default_factory=list)
    answer: tuple[int, Any] = (202, {"text": "it is done"})

    def serve(self, page: Page) -> None:
        page.route(f"{NOBODYS_SITE}/**", self._respond)

    def _respond(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path
        if self.dead and not path.startswith("/api/ui"):
            route.abort("connectionrefused")
        elif path.startswith("/api/ui"):
            answer = console_answer(path.removeprefix("/api/ui").strip("/"), {})
            headers = {**answer.headers, "Content-Type": answer.media_type}
            route.fulfill(status=answer.status, headers=headers, body=answer.body)
        elif request.method == "POST":
            self.orders.append((path, request.post_data_json or {}, request.headers))
            self._json(route, *self.answer)
        else:
            self._view(route, path.removeprefix("/api/"), request.headers)

    def _view(self, route: Route, path: str, headers: Json) -> None:
        self.asked.append(path)
        found = self.views.get(path, (404, {"detail": f"There is no {path}."}))
        data = found() if isinstance(found, Callable) else found  # type: ignore[arg-type]
        status, data = data if isinstance(data, tuple) else (200, data)
        tag = f'W/"{hash(json.dumps(data))}"'
        if status == 200 and headers.get("if-none-match") == tag:
            route.fulfill(status=304, headers={"ETag": tag})
        else:
            self._json(route, status, data, {"ETag": tag} if status == 200 else {})

    def _json(self, route: Route, status: int, data: Any, headers: Json | None = None) -> None:
        problem = status >= 400
        kind = "application/problem+json" if problem else "application/json"
        body = "" if data is None else json.dumps(data)
        route.fulfill(status=status, headers={"Content-Type": kind, **(headers or {})}, body=body)
