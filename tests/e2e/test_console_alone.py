"""What the console does by itself, in a real browser: the app's answers are the test's choice.

What it does with a running app is in `test_console_with_the_app.py`.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import NOBODYS_SITE, StubbedApp, Tab, tab_in, violations
from tests.support.console_views import (
    back_view,
    faulty_view,
    held_view,
    minutes_view,
    resting_view,
    rollout_view,
    service_view,
    stubbed_views,
)

SERVICES = (resting_view(), back_view(), faulty_view(), service_view(), held_view())
CONSOLE = f"{NOBODYS_SITE}/api/ui/"
SERVICE = f"{CONSOLE}#/s/fraud-detection"
# A network's failure is one line in a browser's own console, whatever the page makes of it.
NETWORK = "Failed to load resource"
COUNTED_FETCH = """
window.inFlight = 0;
const asked = window.fetch;
window.fetch = async (...given) => {
  window.inFlight += 1;
  try {
    const answer = await asked(...given);
    await answer.clone().arrayBuffer();
    return answer;
  } finally {
    window.inFlight -= 1;
  }
};
"""


@pytest.fixture
def app() -> StubbedApp:
    return StubbedApp(stubbed_views(*SERVICES))


@pytest.fixture
def tab(browser: Browser, app: StubbedApp) -> Iterator[Tab]:
    with tab_in(browser, key="k") as opened:
        app.serve(opened.page)
        yield opened


def opened(page: Page, address: str, heading: str) -> Page:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    return page


def test_who_needs_a_person_comes_first_and_the_filter_finds_by_any_word(tab: Tab) -> None:
    page = opened(tab.page, CONSOLE, "Services")

    names = page.locator(".fleet .name a")
    expect(names).to_have_text(
        ["churn", "pricing", "recommendations", "fraud-detection", "house-prices"]
    )
    expect(page.locator(".counts")).to_have_text(
        "5 services, 1 needs a person, 1 has a fault, 2 move"
    )
    assert tab.complaints == []


def test_a_long_list_is_filtered_by_any_word(tab: Tab, app: StubbedApp) -> None:
    many = [service_view(f"model-{number}") for number in range(20)]
    app.views.update(stubbed_views(*many, held_view()))
    page = opened(tab.page, CONSOLE, "Services")
    page.get_by_placeholder("Filter").fill("held v18")

    expect(page.locator(".fleet .name a")).to_have_text(["churn"])


def test_an_order_is_bound_to_what_was_shown_and_is_given_once(tab: Tab, app: StubbedApp) -> None:
    page = opened(tab.page, SERVICE, "fraud-detection")
    page.get_by_role("button", name="Advance").click()
    dialog = page.get_by_role("dialog", name="Advance fraud-detection?")
    expect(dialog).to_contain_text("50 % -> 100 % now")
    # The stage moves on while the reason is typed: the order stays about what was shown.
    moved = service_view(rollout=rollout_view(stage=2))
    app.views["rollouts/fraud-detection"] = moved
    dialog.get_by_label("Reason").fill("approved in CR-1")
    expect(dialog).to_contain_text("It has moved on")
    app.answer = (409, {"detail": "The rollout is at stage 2."})
    dialog.get_by_label("Skip the evidence").check()
    dialog.get_by_role("button", name="Advance").click()
    expect(dialog.get_by_role("alert")).to_have_text("The rollout is at stage 2.")
    app.answer = (202, {"order": {"text": "advance: on its way"}})
    dialog.get_by_role("button", name="Advance").click()
    expect(dialog.get_by_role("status")).to_contain_text("advance: on its way")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(page.get_by_role("button", name="Advance")).to_be_focused()

    (path, body, first), (_, again, second) = app.orders
    assert path == "/api/rollouts/fraud-detection/advance"
    assert body == again
    assert body == {
        "reason": "approved in CR-1",
        "skip_evidence": True,
        "actor": "ann",
        "expected": {"rollout": "0199-fraud", "phase": "BAKING", "stage": 1},
    }
    assert first["content-type"] == "application/json"
    assert first["idempotency-key"] == second["idempotency-key"]
    assert tab.unexpected(NETWORK) == []


def test_going_back_is_bound_to_the_rollout_and_not_to_its_stage(tab: Tab, app: StubbedApp) -> None:
    page = opened(tab.page, f"{SERVICE}/do/rollback", "fraud-detection")
    page.get_by_label("Reason").fill("complaints")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("it is done")).to_be_focused()

    ((path, body, _),) = app.orders
    assert path == "/api/rollouts/fraud-detection/rollback"
    assert body["expected"] == {"rollout": "0199-fraud"}


def test_opening_a_confirm_page_orders_nothing(tab: Tab, app: StubbedApp) -> None:
    page = opened(tab.page, f"{SERVICE}/do/rollback", "fraud-detection")
    expect(page.get_by_role("button", name="Roll back")).to_be_visible()

    assert app.orders == []
    opened(page, f"{SERVICE}/do/resume", "fraud-detection")
    expect(page.get_by_text("This order is not possible now.")).to_be_visible()


def test_a_message_about_an_earlier_rollout_gives_no_order(tab: Tab) -> None:
    page = opened(tab.page, f"{SERVICE}/do/rollback?rollout=0198-old", "fraud-detection")

    expect(page.get_by_text("about an earlier rollout")).to_be_visible()
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)


def test_the_answer_to_a_messages_order_stays_though_the_stage_moves_on(
    tab: Tab, app: StubbedApp
) -> None:
    app.answer = (202, {"order": {"text": "advance: on its way"}})
    page = opened(tab.page, f"{SERVICE}/do/advance?rollout=0199-fraud&stage=1", "fraud-detection")
    page.get_by_label("Reason").fill("approved")
    page.get_by_label("Skip the evidence").check()
    app.views["rollouts/fraud-detection"] = service_view(
        says="it has moved", rollout=rollout_view(stage=2)
    )
    page.get_by_role("button", name="Advance").click()
    expect(page.get_by_text("it has moved")).to_be_visible()
    expect(page.get_by_text("advance: on its way")).to_be_visible()
    expect(page.get_by_text("since the message was sent")).to_have_count(0)


def test_a_second_message_in_the_same_tab_is_judged_by_itself(tab: Tab) -> None:
    page = opened(tab.page, f"{SERVICE}/do/rollback?rollout=0199-fraud", "fraud-detection")
    expect(page.get_by_role("button", name="Roll back")).to_be_visible()
    page.evaluate("location.hash = '#/s/fraud-detection/do/rollback?rollout=0198-old'")
    expect(page.get_by_text("about an earlier rollout")).to_be_visible()


def test_a_picture_that_is_no_longer_given_is_not_taken_for_the_present(
    tab: Tab, app: StubbedApp
) -> None:
    page = tab.page
    page.clock.install()
    opened(page, SERVICE, "fraud-detection")
    expect(page.locator(".sentence")).to_be_visible()
    app.views["rollouts/fraud-detection"] = (404, {"detail": "There is no such service."})
    page.clock.run_for(5000)
    expect(page.get_by_role("alert")).to_contain_text("There is no such service.")


def test_it_asks_often_while_something_moves_seldom_at_rest_and_never_while_hidden(
    tab: Tab, app: StubbedApp
) -> None:
    page = tab.page
    page.clock.install()
    page.add_init_script(COUNTED_FETCH)

    def asked_in_a_minute(path: str) -> int:
        """One second after the other, because each answer sets the next question's time."""
        before = app.asked.count(path)
        for _ in range(60):
            page.clock.run_for(1000)
            while page.evaluate("inFlight"):
                page.wait_for_timeout(10)
            page.evaluate("0")  # what the answer caused has been done then
        return app.asked.count(path) - before

    opened(page, SERVICE, "fraud-detection")
    expect(page.locator(".sentence")).to_be_visible()
    moving = asked_in_a_minute("rollouts/fraud-detection")
    opened(page, f"{CONSOLE}#/s/house-prices", "house-prices")
    expect(page.locator(".sentence")).to_be_visible()
    resting = asked_in_a_minute("rollouts/house-prices")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    hidden = asked_in_a_minute("rollouts/house-prices")
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".sentence")).to_be_visible()

    assert 11 <= moving <= 26
    assert 2 <= resting <= 6
    assert hidden == 0
    assert app.asked.count("rollouts/house-prices") > resting


def test_the_last_picture_stays_while_the_app_is_silent(tab: Tab, app: StubbedApp) -> None:
    page = tab.page
    page.clock.install()
    opened(page, SERVICE, "fraud-detection")
    expect(page.locator(".sentence")).to_contain_text("healthy so far")
    app.dead = True
    page.clock.run_for(5000)
    silence = page.locator(".silence")
    expect(silence).to_contain_text(re.compile(r"has not answered since \d\d:\d\d"))
    expect(silence).to_contain_text("last seen at")
    expect(page.locator(".sentence")).to_contain_text("healthy so far")
    expect(page.get_by_text("az ml online-endpoint update")).to_be_visible()
    app.dead = False
    app.views["rollouts/fraud-detection"] = service_view(says="version 7 is back")
    for _ in range(20):
        page.clock.run_for(1000)
        page.wait_for_timeout(20)
    expect(silence).to_have_count(0)
    expect(page.locator(".sentence")).to_contain_text("version 7 is back")
    assert tab.unexpected(NETWORK) == []


def test_a_key_is_asked_for_once_and_is_in_no_address(browser: Browser, app: StubbedApp) -> None:
    app.views["whoami"] = (401, None)
    addresses: list[str] = []
    with tab_in(browser) as tab:
        page = tab.page
        page.on("request", lambda request: addresses.append(request.url))
        app.serve(page)
        opened(page, SERVICE, "Rollouts")
        page.get_by_label("Function key").fill("wrong")
        page.get_by_label("Your name").fill("ann")
        page.get_by_role("button", name="Open the console").click()
        expect(page.get_by_role("alert")).to_have_text("This key opens nothing here.")
        app.views = stubbed_views(*SERVICES)
        page.get_by_label("Function key").fill("s3cret-key")
        page.get_by_role("button", name="Open the console").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("fraud-detection")
        expect(page.get_by_text("acts as claimed ann")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("fraud-detection")
        page.get_by_role("button", name="Forget key").click()
        expect(page.get_by_label("Function key")).to_have_value("")
        assert page.evaluate("sessionStorage.getItem('rollout.key')") is None
    assert addresses
    assert [each for each in addresses if "s3cret" in each] == []


def test_where_the_platform_signs_in_nobody_is_asked_for_a_key(
    browser: Browser, app: StubbedApp
) -> None:
    app.views["health"] = {**app.views["health"], "signIn": True}
    app.views["whoami"] = (401, None)
    with tab_in(browser) as tab:
        app.serve(tab.page)
        page = opened(tab.page, SERVICE, "Rollouts")
        link = page.get_by_role("link", name="Sign in")
        expect(link).to_have_attribute("href", "/.auth/login/aad?post_login_redirect_uri=/api/ui/")
        expect(page.get_by_label("Function key")).to_have_count(0)
        # The sign-in comes back without what stood behind "#".
        page.evaluate(
            "document.querySelector('a.button')"
            ".addEventListener('click', (event) => event.preventDefault())"
        )
        link.click()
        who = {"actor": "ann@example.com", "proven": True, "signIn": True, "roles": ["Reader"]}
        app.views["whoami"] = {**who, "app": False, "may": []}
        page.goto("about:blank")
        opened(page, CONSOLE, "fraud-detection")
        expect(page.get_by_text("ann@example.com")).to_be_visible()
        expect(page.get_by_role("button", name="Roll back")).to_be_disabled()
        expect(page.get_by_text("Needs the role Operator.").first).to_be_visible()


def test_a_problem_is_told_with_its_detail(tab: Tab, app: StubbedApp) -> None:
    app.views["rollouts/fraud-detection"] = (403, {"detail": "This needs the app role Reader."})
    page = opened(tab.page, SERVICE, "fraud-detection")

    expect(page.get_by_role("alert")).to_contain_text("This needs the app role Reader.")


def test_the_policy_lets_no_inline_script_run(tab: Tab) -> None:
    page = opened(tab.page, SERVICE, "fraud-detection")
    page.evaluate(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.body.append(script)"
    )

    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in each for each in tab.complaints)


def test_plots_are_drawn_within_the_policy(tab: Tab) -> None:
    page = opened(tab.page, SERVICE, "fraud-detection")
    expect(page.locator(".plot canvas")).to_have_count(3)

    assert tab.complaints == []


def test_the_focus_has_a_place_where_an_order_took_its_button_with_it(
    tab: Tab, app: StubbedApp
) -> None:
    page = opened(tab.page, SERVICE, "fraud-detection")
    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("complaints")
    app.views["rollouts/fraud-detection"] = back_view("fraud-detection")
    dialog.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("is being rolled back")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_longest_names_fit(browser: Browser, app: StubbedApp, *, phone: bool) -> None:
    version, hostile = "0123456789abcdef" * 3, "<img src=x onerror=window.ran=1>"
    rollout = rollout_view(version=version, stable="b" * 32, candidate="g" * 32)
    rollout["traffic"]["seen"] = {"b" * 32: 95, "g" * 32: 5}
    service = "payments-risk-scoring-in-real-time-for-segmented-customers"
    view = service_view(service, says=f"version {version} bakes: {hostile}", rollout=rollout)
    view["history"][0].update(text=f"{hostile}{version}", actor=hostile)
    app.views = stubbed_views(view)
    with tab_in(browser, key="k", phone=phone) as tab:
        app.serve(tab.page)
        for place in ("", f"#/s/{service}"):
            tab.page.goto(f"{CONSOLE}{place}")
            expect(tab.page.get_by_text(service).first).to_be_visible()
            expect(tab.page.get_by_text("b" * 32).first).to_be_visible()
            wide = tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, place
        expect(tab.page.locator(".sentence")).to_contain_text(hostile)
        assert tab.page.evaluate("window.ran") is None


def test_approvals_see_what_changes_on_a_further_page(tab: Tab, app: StubbedApp) -> None:
    page, further = tab.page, [resting_view()]

    def pages() -> object:
        first = app.asked.count("rollouts") % 2
        return {"value": [] if first else further, "after": "x" if first else None}

    app.views["rollouts"] = pages
    page.clock.install()
    opened(page, f"{CONSOLE}#/approvals", "Approvals")
    expect(page.get_by_text("Nobody is waited for.")).to_be_visible()
    further[:] = [held_view()]
    page.clock.run_for(20_000)
    expect(page.locator(".waits > li")).to_contain_text("churn")


STABLES_PIXELS = """
() => {
  const {data} = document.querySelector('.plot canvas').getContext('2d')
    .getImageData(0, 0, 4000, 1000);
  let found = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === 0x1d && data[at + 1] === 0x6b && data[at + 2] === 0xbf) found += 1;
  return found;
}
"""


def test_a_minute_of_stable_between_two_unknown_ones_is_seen(tab: Tab, app: StubbedApp) -> None:
    minutes = minutes_view()
    for at, minute in enumerate(minutes["value"]):
        if at % 2:
            minute.update(stable=None, candidate=None)
    app.views["rollouts/fraud-detection/minutes"] = minutes
    page = opened(tab.page, SERVICE, "fraud-detection")
    expect(page.locator(".plot canvas")).to_have_count(3)
    page.wait_for_function(f"({STABLES_PIXELS})() > 0")
    # The last minute is not known, and the last known one is told.
    expect(page.locator(".plot .latest").first).to_have_text(
        re.compile(r"stable \d+ candidate \d+")
    )


def test_everything_is_reached_by_keyboard(tab: Tab, app: StubbedApp) -> None:
    page = opened(tab.page, CONSOLE, "Services")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("link", name="fraud-detection").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("fraud-detection")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.title() == "fraud-detection · rollouts"
    back = page.get_by_role("button", name="Roll back")
    for _ in range(30):
        page.keyboard.press("Tab")
        if back.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("it is done")
    assert len(app.orders) == 1


LATE = """
const set = window.setTimeout;
window.setTimeout = (call, wait = 0, ...given) => set(call, wait + 1000, ...given);
window.requestAnimationFrame = () => 0;
"""


def test_an_answer_that_comes_before_the_first_picture_counts(
    browser: Browser, app: StubbedApp
) -> None:
    app.dead = True
    with tab_in(browser, key="k") as tab:
        # A browser that draws late, as a hidden tab does, and is late with its timers.
        tab.page.add_init_script(LATE)
        app.serve(tab.page)
        tab.page.goto(CONSOLE)
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("The app does not answer")


MOVES_AT_THE_FIRST_PICTURE = """
new MutationObserver((_, seen) => {
  if (!document.getElementById("app")?.firstChild) return;
  seen.disconnect();
  location.hash = "#/s/fraud-detection";
}).observe(document, { childList: true, subtree: true });
"""


def test_a_link_that_is_followed_right_after_the_first_picture_counts(tab: Tab) -> None:
    tab.page.add_init_script(LATE + MOVES_AT_THE_FIRST_PICTURE)
    tab.page.goto(CONSOLE)
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("fraud-detection")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_axe_finds_nothing(browser: Browser, app: StubbedApp, *, dark: bool, phone: bool) -> None:
    places = ("", *(f"#/s/{view['service']}" for view in SERVICES), "#/s/churn/do/rollback", "#/x")
    found: dict[str, list[str]] = {}
    with tab_in(browser, key="k", dark=dark, phone=phone, bypass_csp=True) as tab:
        app.serve(tab.page)
        for place in places:
            tab.page.goto(f"{CONSOLE}{place}")
            expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
            expect(tab.page.locator(".loading")).to_have_count(0)
            found[place] = violations(tab.page)
        tab.page.goto(SERVICE)
        tab.page.get_by_role("button", name="Advance").click()
        found["dialog"] = violations(tab.page)
        app.dead = True
        tab.page.goto("about:blank")
        tab.page.goto(CONSOLE)
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("The app does not answer")
        found["dead"] = violations(tab.page)
        app.dead, app.views["whoami"] = False, (401, None)
        tab.page.get_by_role("button", name="Try again").click()
        expect(tab.page.get_by_label("Function key")).to_be_visible()
        found["gate"] = violations(tab.page)
        wide = tab.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert {place: told for place, told in found.items() if told} == {}
    assert not wide
