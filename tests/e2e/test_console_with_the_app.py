"""The console on a running app and a local Azure, as an operator has it, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.acts import AROUND_STAGES_SECONDS, STAGE_SECONDS
from demo.places import SERVICE
from demo.scene import Scene
from tests.support.browsing import Tab, tab_in, violations

# The app is killed here, and a browser tells that in its console by itself.
NETWORK = ("Failed to load resource", "net::ERR")
PAGES = (
    *("", "#/approvals", "#/readiness"),
    *(f"#/s/{SERVICE}{rest}" for rest in ("", "/timeline", "/versions", "/plan", "/policy")),
    *(f"#/s/{SERVICE}/do/rollback", f"#/s/{SERVICE}/do/retry"),
)


@pytest.fixture
def desk(browser: Browser, console_stage: Scene) -> Iterator[Tab]:
    with tab_in(browser, key=console_stage.cloud.app["functionKey"]) as tab:
        yield tab


@pytest.fixture
def phone(browser: Browser, console_stage: Scene) -> Iterator[Tab]:
    with tab_in(browser, phone=True, key=console_stage.cloud.app["functionKey"]) as tab:
        yield tab


def address(scene: Scene, place: str = "") -> str:
    return f"{scene.cloud.app['url']}/api/ui/{place}"


def ms(scene: Scene, seconds: float) -> float:
    return scene.machine.limit(seconds) * 1000


def order(page: Page, verb: str, reason: str, *, skipping: bool = False) -> None:
    """Give an order by its button, and close the dialog with its answer."""
    page.get_by_role("button", name=verb, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    if skipping:
        dialog.get_by_label("Skip the evidence").check()
    dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog.get_by_role("status")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()


def test_a_rollout_is_watched_held_advanced_and_outlives_a_dead_app(
    console_stage: Scene, desk: Tab
) -> None:
    scene, page = console_stage, desk.page
    page.goto(address(scene, f"#/s/{SERVICE}"))
    said, phase = page.locator(".sentence"), page.locator(".sides")
    expect(said).to_contain_text("version 1 succeeded")
    scene.register("2")
    expect(phase).to_contain_text("BAKING 1/2", timeout=ms(scene, AROUND_STAGES_SECONDS))
    expect(page.get_by_role("img", name=re.compile("Traffic: .* 50 %"))).to_be_visible()

    order(page, "Pause", "looking at it")
    expect(said).to_contain_text("is held at 50 % (operator)", timeout=ms(scene, 60))
    expect(page.get_by_role("region", name="Next")).to_contain_text("Held by claimed: ann")
    expect(page.locator(".decisions")).to_contain_text("by claimed: ann")

    scene.cloud.kill_app()
    silence = page.locator(".silence")
    expect(silence).to_contain_text("has not answered since", timeout=ms(scene, 60))
    expect(said).to_contain_text("is held at 50 %")
    scene.cloud.restart_app()
    expect(silence).to_have_count(0, timeout=ms(scene, 90))

    order(page, "Resume", "it was nothing")
    expect(said).not_to_contain_text("is held", timeout=ms(scene, 60))
    order(page, "Advance", "approved in CR-1", skipping=True)
    expect(phase).to_contain_text("BAKING 2/2", timeout=ms(scene, AROUND_STAGES_SECONDS))
    expect(phase).to_contain_text(
        "SUCCEEDED", timeout=ms(scene, STAGE_SECONDS + AROUND_STAGES_SECONDS)
    )
    expect(page.locator(".plot canvas").first).to_be_visible()
    assert desk.unexpected(*NETWORK) == []


def test_a_rollout_is_rolled_back_from_a_phone(console_stage: Scene, phone: Tab) -> None:
    scene, page = console_stage, phone.page
    page.goto(address(scene))
    scene.register("5", model_of="2")
    row = page.get_by_role("row", name=re.compile(SERVICE))
    expect(row).to_contain_text("BAKING 1/2", timeout=ms(scene, AROUND_STAGES_SECONDS))
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("link", name=SERVICE).tap()
    order(page, "Roll back", "complaints since 14:00")
    expect(page.locator(".sentence")).to_contain_text(
        "was rolled back (operator)", timeout=ms(scene, AROUND_STAGES_SECONDS)
    )
    assert len(scene.deployments()) == 1
    assert phone.unexpected(*NETWORK) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_has_a_violation_or_an_error(
    console_stage: Scene, browser: Browser, *, dark: bool
) -> None:
    scene, found = console_stage, {}
    key = scene.cloud.app["functionKey"]
    with tab_in(browser, key=key, dark=dark, bypass_csp=True) as tab:
        for place in PAGES:
            tab.page.goto(address(scene, place))
            expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
            expect(tab.page.locator(".loading")).to_have_count(0)
            found[place] = violations(tab.page)
    assert {place: told for place, told in found.items() if told} == {}
    assert tab.complaints == []


def test_the_console_needs_the_apps_own_key(console_stage: Scene, browser: Browser) -> None:
    with tab_in(browser) as tab:
        page = tab.page
        page.goto(address(console_stage))
        page.get_by_label("Function key").fill("wrong")
        page.get_by_label("Your name").fill("ann")
        page.get_by_role("button", name="Open the console").click()
        expect(page.get_by_role("alert")).to_have_text("This key opens nothing here.")
        page.get_by_label("Function key").fill(console_stage.cloud.app["functionKey"])
        page.get_by_role("button", name="Open the console").click()
        expect(page.get_by_role("link", name=SERVICE)).to_be_visible()
        assert console_stage.cloud.app["functionKey"] not in page.url
