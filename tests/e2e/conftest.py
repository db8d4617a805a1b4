"""The longest test starts first, so that the other worker runs everything else meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from demo.acts import first_version
from demo.local_cloud import AZURE_OPTIONS
from demo.machine import measured
from demo.playing import scene_in
from demo.policies import demo_changes
from demo.scene import Scene
from demo.screens import PlainScreen
from tests.support.browsing import MISSING, browser_path, launched

HERE = Path(__file__).parent
WEIGHTS = (50, 100)
VERSIONS = ("1", "2", "5")
ANSWERED = {"status": 200, "body": {"predictions": [0], "probabilities": [[0.9, 0.1]]}}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: HERE not in item.path.parents)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """This machine's browser; without one the test is skipped.

    Of a module: while Playwright is open no other test of this process could run an event loop.
    """
    program = browser_path()
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        opened = launched(playwright, program)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def console_stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The local Azure and the app, with version 1 serving: for every test with a browser.

    Models answer without processes of their own: what is tried here is the page.
    """
    work, machine = tmp_path_factory.mktemp("console") / "work", measured()
    options = (*AZURE_OPTIONS, "--runtime", "instant")
    with (
        PlainScreen(Console()) as screen,
        scene_in(work, demo_changes(WEIGHTS, machine), screen, machine, options) as scene,
    ):
        for version in VERSIONS:
            scene.cloud.control("PUT", f"models/{version}", ANSWERED).expect(204)
        first_version(scene, alert=False)
        yield scene
