"""Services are published and versions started, as both hosts do it, with the running app."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

from rollout.adapters.bundle.files import read_bundle
from rollout.cli.exits import ExitCode
from rollout.cli.pipelines.markdown import text
from tests.support.integration import SERVICE, RunningProduct
from tests.support.pipelines.jobs import Act, Work

NOBODY = "http://127.0.0.1:9"


# -- publish, by the pipeline's own identity


@pytest.fixture
def blob(product: RunningProduct) -> Iterator[tuple[str, dict[str, str]]]:
    """Where it goes, and the variables of the identity that may write there."""
    identity = product.azure["environments"]["developer"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in identity.items():
            patch.setenv(name, value)
        with (
            DefaultAzureCredential() as credential,
            BlobServiceClient(product.azure["blobUrl"], credential=credential) as account,
        ):
            container = account.create_container(f"pipelines-{uuid4().hex}")
            yield f"{container.url}/services.zip", identity
            container.delete_container()


def test_what_is_published_is_told_and_twice_is_once(
    act: Act, work: Work, blob: tuple[str, dict[str, str]], workspace: Path
) -> None:
    url, identity = blob
    digest = read_bundle(workspace / "services", None).digest

    first = act(identity, mode="publish", bundle_url=url, wait="no")
    again = work(identity, mode="publish", bundleUrl=url, wait="no")

    assert (first.code, again.code) == (0, 0), first.log + again.log
    assert (first.outputs["outcome"], first.outputs["bundle"]) == ("published", digest)
    assert f"| added | {text(SERVICE)} |" in first.summary
    assert again.variables["rollout.rolloutOutcome"] == "unchanged"
    assert again.variables["rollout.rolloutBundle"] == digest


# -- start, against the running app


@pytest.fixture(scope="module")
def app(product: RunningProduct) -> dict[str, str]:
    ready = product.app.ready
    return {"app": ready["url"], "key": ready["functionKey"]}


def test_a_version_that_fails_fails_the_job_and_the_run_is_the_reason(
    act: Act, app: dict[str, str], product: RunningProduct
) -> None:
    run = act(mode="start", service=SERVICE, version="990", timeout="90s", **app)

    assert run.code == ExitCode.FAILED, run.log
    assert run.outputs["outcome"] == "failed"
    assert run.outputs["exit-code"] == "4"
    ((level, _, text),) = run.annotations
    assert level == "error"
    assert "no such model version" in text
    assert "no such model version" in run.summary
    assert app["key"] not in run.log
    (offer,) = [each for each in product.show()["offers"] if each["version"] == "990"]
    assert offer["state"] == "rejected"
    assert "https://github.example/ann/models/actions/runs/5" in run.log


def test_azure_says_the_same(work: Work, app: dict[str, str]) -> None:
    run = work(mode="start", service=SERVICE, version="991", timeout="90s", **app)

    assert run.code == ExitCode.FAILED, run.log
    assert run.variables["rollout.rolloutOutcome"] == "failed"
    assert [level for level, _, _ in run.issues] == ["error"]
    assert "no such model version" in run.summary


def test_a_start_that_is_not_waited_for_ends_with_the_apps_answer(
    act: Act, app: dict[str, str]
) -> None:
    run = act(mode="start", service=SERVICE, version="992", wait="no", **app)

    assert (run.code, run.outputs["outcome"]) == (ExitCode.GOOD, "offered")


def test_the_jobs_own_variables_name_the_app_where_no_input_does(
    act: Act, app: dict[str, str]
) -> None:
    named = {"ROLLOUT_APP": app["app"], "ROLLOUT_KEY": app["key"]}

    run = act(named, mode="start", service="nobody", version="1")

    assert run.code == ExitCode.NOT_GOOD
    assert run.outputs["outcome"] == "refused"
    assert SERVICE in run.annotations[0][2]


def test_an_app_that_is_dead_is_told_apart(act: Act, work: Work) -> None:
    asked = {"mode": "start", "service": SERVICE, "version": "1", "app": NOBODY}
    github, azure = act(**asked), work(**asked)

    assert (github.code, azure.code) == (ExitCode.UNREACHABLE, ExitCode.UNREACHABLE)
    assert github.outputs["outcome"] == "unreachable"
    assert azure.variables["rollout.rolloutOutcome"] == "unreachable"


@pytest.mark.parametrize("lacking", ["service", "version"])
def test_what_a_start_lacks_is_named(act: Act, lacking: str) -> None:
    asked = {"service": SERVICE, "version": "1", "app": NOBODY, lacking: ""}

    run = act(mode="start", **asked)

    assert run.code == ExitCode.USAGE
    assert f"`{lacking}`" in run.annotations[0][2]
