"""The console's further pages in a real browser, on rollouts that were really played.

Handlers, views and pages are the product's; the world and its clock are played, so that nothing
here waits for time to pass.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from demo.places import SERVICE
from demo.scene import Scene
from rollout.core.policy.model import Approval
from rollout.core.records.history import HistoryEntry
from rollout.core.records.phases import Phase
from rollout.core.records.signals import Verb
from rollout.ports import Commit, FaultyService
from tests.doubles.records import offer_record
from tests.support.browsing import tab_in, violations
from tests.support.played_app import KEY, SESSION, Person, PlayedApp
from tests.support.stories.azure import FAILING
from tests.support.stories.policies import POLICY
from tests.support.stories.scenes import HOUR, SETTLED
from tests.support.stories.stage import Story

ANN = Person("ann@example.com", "oid-of-ann", ("Operator", "Approver"))
BEN = Person("ben@example.com", "oid-of-ben", ("Approver",))
EVE = Person("eve@example.com", "oid-of-eve", ())
APPROVED = replace(
    POLICY, stages=(POLICY.stages[0], replace(POLICY.stages[1], approval=Approval.SECOND_PERSON))
)

# A browser says this by itself, whatever the page makes of the answer.
REFUSED = "Failed to load resource"

Serve = Callable[..., PlayedApp]
Open = Callable[..., Page]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as open_ones:
        yield lambda *given: open_ones.enter_context(PlayedApp(*given).served(monkeypatch))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Opens a page of the console: by the key, or as somebody who has signed in.

    No page may complain in the end, but for answers that are no success, which tests ask for.
    """
    with ExitStack() as open_ones:
        tabs = []

        def visit(app: PlayedApp, place: str, who: Person | None = None, **more: Any) -> Page:
            tab = open_ones.enter_context(tab_in(browser, key="" if who else KEY, **more))
            tabs.append(tab)
            if who:
                cookie = {"name": SESSION, "value": who.name, "url": app.url}
                tab.page.context.add_cookies([cookie])  # type: ignore[list-item]
            tab.page.goto(f"{app.console}#/{place}")
            return tab.page

        yield visit
        assert [each for tab in tabs for each in tab.unexpected(REFUSED)] == []


def begun(story: Story) -> Story:
    story.adopt()
    story.pass_time(SETTLED)
    return story


def after_a_failure() -> Story:
    """Version 2 was rolled back, version 3 bakes at 50 %, and version 4 waits for it."""
    story = begun(Story())
    story.serves("2", FAILING)
    story.register("2")
    story.until_quiet(within=6 * HOUR)
    story.register("3")
    story.until_phase(Phase.BAKING, stage=1, within=4 * HOUR)
    story.register("4")
    story.pass_time(timedelta(seconds=1))
    return story


def lengthened(story: Story, rows: int, **data: object) -> None:
    """Put further rows behind the history, as passes would."""
    for _ in range(rows):
        stored = story.row
        assert stored is not None
        before = stored.current
        number = before.sequence + 1
        at, phase = before.saved_at, before.phase
        row = HistoryEntry(before.rollout_id, number, at, "Held", phase, 0, "noise", data=data)
        current = replace(before, sequence=number, head=row.key)
        story.store.commit(Commit(current, stored, history=[row]))


# -- Timeline


def test_a_verdict_unfolds_to_numbers_beside_their_limits(serve: Serve, visit: Open) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/timeline")
    verdict = page.locator(".entry", has_text="BAKING → SHIFTING").first
    verdict.get_by_text("Numbers").press("Enter")
    requests = verdict.get_by_role("row", name="candidate, this stage")
    expect(requests).to_have_text(re.compile("candidate, this stage6000.0 %0"))
    errors = verdict.get_by_role("row", name="errors")
    expect(errors).to_contain_text("1.2 x stable + 0.02%")
    expect(errors).to_contain_text("100:1")
    expect(verdict.get_by_role("row", name="failures")).to_contain_text("20:1")


def test_a_link_to_an_entry_opens_it_and_has_the_focus(serve: Serve, visit: Open) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/timeline/5", phone=True)
    entry = page.locator(".entry.target")
    expect(entry).to_be_focused()
    expect(entry).to_be_in_viewport()
    expect(entry.get_by_role("table").first).to_be_visible()


def test_an_old_entry_is_found_by_its_link_however_many_pages_lie_between(
    serve: Serve, visit: Open
) -> None:
    story = after_a_failure()
    lengthened(story, 250)
    page = visit(serve(story), "s/fraud/timeline/100")
    expect(page.locator(".entry.target")).to_contain_text("#100")
    page.get_by_role("button", name="Older entries").click()
    expect(page.locator(".entry")).to_have_count(story.current.sequence)
    expect(page.get_by_role("button", name="Older entries")).to_have_count(0)
    expect(page.locator(".entry h3").last).to_contain_text("Rollout started")


def test_an_earlier_rollout_is_read_as_well(serve: Serve, visit: Open) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/timeline")
    page.get_by_label("Rollout").select_option(index=1)
    expect(page.get_by_text("version 2 starts as")).to_be_visible()
    page.get_by_label("Show").select_option("people")
    expect(page.locator(".entry h3").first).to_contain_text("Notice")


def test_what_is_held_back_is_fetched_only_when_asked_for(serve: Serve, visit: Open) -> None:
    story = after_a_failure()
    lengthened(story, 1, log="Traceback: no such column")
    page = visit(serve(story), "s/fraud/timeline")
    entry = page.locator(".entry").first
    entry.get_by_text("Details").click()
    expect(page.get_by_text("no such column")).to_have_count(0)
    entry.get_by_role("button", name="Show log").click()
    expect(entry.get_by_text("Traceback: no such column")).to_be_visible()


def test_the_timeline_is_saved_as_json_in_the_order_of_events(
    serve: Serve, visit: Open, tmp_path: Path
) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/timeline")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export JSON").click()
    assert saved.value.suggested_filename.startswith("fraud-2026")
    saved.value.save_as(tmp_path / "timeline.json")
    document = json.loads((tmp_path / "timeline.json").read_text())
    assert document["complete"] is True
    assert document["history"][0]["kind"] == "RolloutStarted"


def test_the_timeline_goes_on_by_itself(serve: Serve, visit: Open) -> None:
    app = serve(after_a_failure())
    page = visit(app, "s/fraud/timeline")
    expect(page.locator(".entry h3").first).to_contain_text("Version decided")
    with app.playing() as story:
        story.command(Verb.PAUSE)
    expect(page.locator(".entry h3").first).to_contain_text("Notice", timeout=20_000)
    expect(page.locator(".entry h3").nth(1)).to_contain_text("Held")


# -- Versions


def test_versions_say_why_and_which_waits_for_what(serve: Serve, visit: Open) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/versions")
    versions = page.locator(".version")
    expect(versions.nth(0)).to_contain_text("waits for version 3")
    expect(versions.nth(1)).to_contain_text("rollout: on trial")
    expect(versions.nth(2)).to_contain_text("quarantined: failed before")
    expect(versions.nth(2)).to_contain_text("the candidate fails more")
    page.get_by_label("Why did version").fill("17")
    expect(page.get_by_role("status").last).to_contain_text("was never offered")


def test_a_refused_version_is_offered_again_from_its_row(serve: Serve, visit: Open) -> None:
    app = serve(after_a_failure())
    page = visit(app, "s/fraud/versions/2", phone=True)
    row = page.locator(".version.target")
    row.get_by_role("button", name="Retry").click()
    page.get_by_label("Reason").fill("the table is back")
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()
    expect(page.locator("dialog .answer")).to_contain_text("version 2")
    with app.playing() as story:
        assert "2" in {offer.version for offer in story.current.offers}
        assert story.current.offers[-1].reason == "the table is back"


def test_a_version_leads_to_its_own_rollout(serve: Serve, visit: Open) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/versions")
    page.locator(".version", has_text="quarantined").get_by_role("link", name="Its rollout").click()
    expect(page.get_by_text("version 2 starts as")).to_be_visible()


def test_further_versions_are_shown_when_asked_for(serve: Serve, visit: Open) -> None:
    story = after_a_failure()
    stored = story.row
    assert stored is not None
    records = [offer_record(f"{number:03d}") for number in range(90)]
    story.store.commit(Commit(stored.current, stored, offers=records))
    page = visit(serve(story), "s/fraud/versions")
    more = page.get_by_role("button", name="More versions")
    more.click()
    expect(more).to_have_count(0)
    expect(page.locator(".version")).to_have_count(93)
    page.get_by_label("Why did version").fill("089")
    expect(page.locator(".version")).to_have_count(1)


# -- Approvals


def waits_for_approval(app: PlayedApp, starter: Person) -> None:
    with app.playing() as story:
        story.until(lambda: story.row is not None and story.current.rollout is not None)
        story.until(lambda: story.rollout.hold is not None, within=4 * HOUR)


def test_a_second_person_approves_and_the_one_who_started_may_not(
    serve: Serve, visit: Open
) -> None:
    story = begun(Story(APPROVED))
    story.put_model("2")
    app = serve(story, (ANN, BEN))
    started = visit(app, "approvals", ANN)
    expect(started.get_by_text("Nobody is waited for")).to_be_visible()
    answer = started.request.post(
        f"{app.url}/api/rollouts",
        data={"service": "fraud", "model": "fraud-model", "version": "2", "reason": "CR-1204"},
    )
    assert answer.status == 202, answer.text()
    waits_for_approval(app, ANN)

    started.reload()
    card = started.locator(".waits > li")
    expect(card).to_contain_text("an approval")
    expect(card).to_contain_text("not ann@example.com, who started it")
    expect(card).to_contain_text("That is your name")
    card.get_by_role("link", name="advance").click()
    started.get_by_label("Reason").fill("I trust myself")
    started.get_by_role("button", name="Advance").click()
    expect(started.get_by_role("alert")).to_contain_text("ann@example.com")

    page = visit(app, "approvals", BEN, phone=True)
    page.get_by_role("link", name="advance").click()
    page.get_by_label("Reason").fill("seen the evidence")
    page.get_by_role("button", name="Advance").click()
    expect(page.get_by_role("status").filter(has_text="blue-0 50 %")).to_be_visible()
    with app.playing() as played:
        assert played.rollout.hold is None
        assert played.rollout.stage == 1
    page.goto(f"{app.console}#/approvals")
    expect(page.get_by_text("Nobody is waited for")).to_be_visible()
    page.goto(f"{app.console}#/s/fraud/timeline")
    expect(page.locator(".entry", has_text="seen the evidence").first).to_contain_text(BEN.name)


# -- Plan, Policy and Readiness


def test_a_plan_says_how_long_and_what_it_would_find(serve: Serve, visit: Open) -> None:
    page = visit(serve(after_a_failure()), "s/fraud/plan")
    expect(page.locator(".lead")).to_contain_text("passes every stage in about")
    expect(page.get_by_role("row", name="10 %", exact=False).first).to_contain_text("live requests")
    expect(page.get_by_role("heading", name="What to know")).to_be_visible()


def test_what_will_change_with_the_next_rollout_is_shown_line_by_line(
    serve: Serve, visit: Open
) -> None:
    story = after_a_failure()
    story.bundle.policies["fraud"] = replace(POLICY, keep=timedelta(hours=24))
    app = serve(story)
    desk = visit(app, "s/fraud/policy")
    expect(desk.get_by_role("row", name="keep").first).to_have_text("keep5m24h")
    went, came = desk.locator(".went"), desk.locator(".came")
    expect(went).to_contain_text("-keep: 5m")
    expect(came).to_contain_text("+keep: 24h")
    expect(desk.get_by_text("weight: 100")).to_have_count(0)
    desk.get_by_role("button", name="Whole text").click()
    expect(desk.get_by_text("weight: 100").first).to_be_visible()
    assert top(went) == top(came)
    phone = visit(app, "s/fraud/policy", phone=True)
    expect(phone.locator(".came")).to_be_visible()
    assert top(phone.locator(".went")) < top(phone.locator(".came"))


def top(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["y"]


def test_a_published_policy_with_faults_says_what_to_mend(serve: Serve, visit: Open) -> None:
    story = after_a_failure()
    fault = ("rollout.yaml: keep", '"forever" is not a duration')
    story.bundle.faulty = (FaultyService("fraud", "fraud-model", (fault,)),)
    page = visit(serve(story), "s/fraud/policy")
    expect(page.locator(".problem")).to_contain_text('"forever" is not a duration')
    expect(page.get_by_text("service: fraud")).to_be_visible()


def test_what_is_suspended_and_by_whom_is_said(serve: Serve, visit: Open) -> None:
    app = serve(after_a_failure())
    with app.playing() as story:
        story.command(Verb.SUSPEND)
    page = visit(app, "readiness")
    expect(page.locator(".lead")).to_contain_text("Ready.")
    suspended = page.get_by_role("region", name="Suspended")
    expect(suspended).to_contain_text("because by ann, since")
    suspended.get_by_role("link", name="End it").click()
    page.get_by_label("Reason").fill("it is over")
    page.get_by_role("button", name="End the suspension").click()
    expect(page.get_by_role("status").filter(has_text="unsuspend")).to_be_visible()
    page.goto(f"{app.console}#/readiness")
    expect(page.get_by_text("Nothing is: every service may start")).to_be_visible()
    expect(page.get_by_role("region", name="Who you are")).to_contain_text("ann")


# -- what is the same on every page


SERVICE_PAGES = ("timeline", "versions", "plan", "policy")
PLACES = (*(f"s/fraud/{page}" for page in SERVICE_PAGES), "approvals", "readiness")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_pages_can_be_read_by_everybody(
    serve: Serve, visit: Open, *, dark: bool, phone: bool
) -> None:
    app, found = serve(after_a_failure()), {}
    page = visit(app, "", dark=dark, phone=phone, bypass_csp=True)
    for place in PLACES:
        page.goto(f"{app.console}#/{place}")
        settled(page)
        if place.endswith("timeline"):
            page.get_by_role("button", name="Unfold all").click()
            expect(page.get_by_role("table", name="Requests").first).to_be_visible()
        wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[place] = [*violations(page), *(["wider than its window"] if wider else [])]
    assert {place: told for place, told in found.items() if told} == {}


def test_whoever_has_no_role_is_told_which_one_is_missing(serve: Serve, visit: Open) -> None:
    app = serve(after_a_failure(), (EVE,))
    page = visit(app, "", EVE)
    for place in PLACES:
        page.goto(f"{app.console}#/{place}")
        expect(page.get_by_role("alert").first).to_contain_text("app role Reader")


def test_an_app_that_is_out_of_reach_is_said_to_be(serve: Serve, visit: Open) -> None:
    app = serve(after_a_failure())
    page = visit(app, "")
    for place in PLACES:
        settled(page)
        page.goto(f"{app.console}#/")
        app.silent = True
        page.goto(f"{app.console}#/{place}")
        again = page.get_by_role("button", name="Try again")
        expect(again.first).to_be_visible()
        app.silent = False
        page.reload()
        settled(page)
        expect(page.locator(".problem")).to_have_count(0)


def test_an_unknown_service_is_said_to_be_unknown(serve: Serve, visit: Open) -> None:
    app = serve(after_a_failure())
    page = visit(app, "")
    for place in SERVICE_PAGES:
        page.goto(f"{app.console}#/s/nobody/{place}")
        expect(page.get_by_role("alert")).to_contain_text("no service")


def test_the_pages_say_of_a_running_app_what_it_did(browser: Browser, console_stage: Scene) -> None:
    app = console_stage.cloud.app
    with tab_in(browser, key=app["functionKey"]) as tab:
        page, console = tab.page, f"{app['url']}/api/ui/#/s/{SERVICE}"
        page.goto(f"{console}/versions/1")
        expect(page.locator(".version.target")).to_contain_text("rollout: had its trial")
        page.locator(".version.target").get_by_role("link", name="Its rollout").click()
        expect(page.locator(".entry h3", has_text="SUCCEEDED")).to_be_visible()
        verdict = page.locator(".entry", has_text="Rollout started")
        verdict.get_by_text("Details").click()
        expect(verdict.get_by_role("row", name="candidate")).to_be_visible()
        assert tab.complaints == []


def settled(page: Page) -> None:
    """Whatever the page asks for was answered."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
