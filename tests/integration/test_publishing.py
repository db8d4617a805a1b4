"""`rollout publish` into a real blob container: Azurite behind the real client."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobClient, BlobServiceClient, generate_blob_sas

from localazure.azurite import Azurite
from rollout.adapters.bundle.files import read_bundle
from rollout.cli import main
from rollout.cli.bundle import bundle_bytes
from rollout.cli.bundle_target import MovedError, Target
from rollout.cli.exits import ExitCode
from rollout.cli.live.client import App
from rollout.cli.live.place import Place as AppPlace
from rollout.cli.live.place import PlaceError
from rollout.cli.live.publishing import bundle_read_by
from tests.support.integration import RunningProduct
from tests.support.paths import PROJECT

SERVICE = "fraud-detection"


@dataclass(frozen=True)
class Place:
    """A blob and the address with which anybody may read and write it."""

    client: BlobClient
    url: str


@pytest.fixture(scope="module")
def storage() -> Iterator[BlobServiceClient]:
    with Azurite() as running:
        service = BlobServiceClient.from_connection_string(running.account.connection_string)
        service.create_container("services")
        yield service
        service.close()


def signed(client: BlobClient, permission: str = "rcw") -> str:
    signature = generate_blob_sas(
        str(client.account_name),
        str(client.container_name),
        str(client.blob_name),
        account_key=client.credential.account_key,
        permission=permission,
        expiry="2999-01-01T00:00:00Z",
    )
    return f"{client.url}?{signature}"


@pytest.fixture
def place(storage: BlobServiceClient, request: pytest.FixtureRequest) -> Iterator[Place]:
    with storage.get_blob_client("services", f"{request.node.name}.zip") as client:
        yield Place(client, signed(client))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "services", tmp_path / "services"))


def publish(folder: Path, place: Place, *more: str) -> int:
    return main(["publish", str(folder), "--to", place.url, "--yes", *more])


def test_what_is_published_is_what_was_packed_and_the_digest_is_told(
    folder: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(folder, place) == ExitCode.GOOD

    shown = capsys.readouterr()
    assert place.client.download_blob().readall() == bundle_bytes(folder)
    assert f"bundle {read_bundle(folder, None).digest}" in shown.out
    assert f"new      {SERVICE}" in shown.err
    assert "sig=" not in shown.out + shown.err


def test_the_same_again_is_not_written(
    folder: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(folder, place)
    tag = place.client.get_blob_properties().etag
    capsys.readouterr()

    assert publish(folder, place, "-o", "json") == ExitCode.GOOD

    document = json.loads(capsys.readouterr().out)
    assert document["written"] is False
    assert document["url"] == place.client.url
    assert place.client.get_blob_properties().etag == tag


def test_a_folder_with_a_fault_is_refused_and_nothing_is_written(
    folder: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / SERVICE / "rollout.yaml").write_text("endpoint: x\n")

    assert publish(folder, place) == ExitCode.NOT_GOOD
    assert "rollout.yaml" in capsys.readouterr().err
    assert not place.client.exists()


def test_a_service_disappears_only_where_that_was_said(
    folder: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    other = folder / "other"
    shutil.copytree(folder / SERVICE, other)
    for file in other.glob("*.y*ml"):
        file.write_text(file.read_text().replace("fraud-detection", "other"))
    assert publish(folder, place) == ExitCode.GOOD
    shutil.rmtree(other)

    assert publish(folder, place) == ExitCode.USAGE
    assert "--remove" in capsys.readouterr().err
    assert publish(folder, place, "--remove") == ExitCode.GOOD


def test_what_is_no_bundle_is_not_overwritten_by_a_slip_in_the_address(
    folder: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    target = Target.at(place.url)
    target.write(b"somebody's model", None)

    assert publish(folder, place) == ExitCode.USAGE
    assert "See that the address is right" in capsys.readouterr().err
    found = target.read()
    assert found is not None
    assert found.content == b"somebody's model"
    assert publish(folder, place, "--remove") == ExitCode.GOOD


def test_of_two_who_publish_at_once_one_is_told(place: Place) -> None:
    ours, theirs = Target.at(place.url), Target.at(place.url)
    before = ours.read()
    assert before is None
    theirs.write(b"theirs", None)
    with pytest.raises(MovedError, match="somebody else publishes"):
        ours.write(b"ours", None)

    seen = ours.read()
    theirs.write(b"theirs again", theirs.read())
    with pytest.raises(MovedError):
        ours.write(b"ours", seen)
    assert place.client.download_blob().readall() == b"theirs again"


def test_a_write_that_arrived_without_an_answer_counts(place: Place) -> None:
    target = Target.at(place.url)
    target.write(b"ours", None)

    # As the client does when the answer to the first got lost.
    target.write(b"ours", None)


def test_who_may_not_write_is_told_which_right_is_missing(
    folder: Path, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    readable = Place(place.client, signed(place.client, "r"))

    assert publish(folder, readable) == ExitCode.USAGE
    assert "Storage Blob Data Contributor" in capsys.readouterr().err


def test_a_container_that_is_not_there_is_told(
    storage: BlobServiceClient, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with storage.get_blob_client("nowhere", "services.zip") as client:
        assert publish(folder, Place(client, signed(client))) == ExitCode.USAGE
    assert "no such container" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://example.com/c/x.zip", "https://example.com/", "c/x.zip"])
def test_what_is_no_address_of_a_blob_is_refused(url: str) -> None:
    with pytest.raises(PlaceError, match="cannot be the bundle's blob"):
        Target.at(url)


def test_the_blob_may_be_named_by_the_environment(
    folder: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICES_BUNDLE_URL", place.url)

    assert main(["publish", str(folder), "--yes"]) == ExitCode.GOOD
    assert place.client.exists()


def test_without_an_answer_or_a_place_nothing_is_written(
    folder: Path,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["publish", str(folder), "--to", place.url]) == ExitCode.USAGE
    assert "say --yes" in capsys.readouterr().err
    # An app's own setting may be a folder, and there is no azd here.
    monkeypatch.setenv("SERVICES_BUNDLE", "services")
    monkeypatch.delenv("SERVICES_BUNDLE_URL", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert main(["publish", str(folder), "--yes"]) == ExitCode.USAGE
    assert "--to URL" in capsys.readouterr().err
    assert not place.client.exists()


# -- waiting until the app has read it


def test_the_app_says_which_bundle_it_reads(product: RunningProduct) -> None:
    place = AppPlace(product.app.ready["url"], product.app.ready["functionKey"])

    assert bundle_read_by(App(place)) == read_bundle(PROJECT / "services", None).digest


class Reader(BaseHTTPRequestHandler):
    """The two questions that are asked of the app; `shown` is what its policies come from."""

    shown: str | None = None
    asked = 0

    def do_GET(self) -> None:
        body: Any = {"value": [{"service": SERVICE}], "after": None}
        if self.path.endswith("/policy"):
            type(self).asked += 1
            told = {"digest": "d", "text": "t"}
            if self.shown is not None:
                told["bundle"] = self.shown if type(self).asked > 1 else "old"
            body = {"published": told}
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        del format, args


@pytest.fixture
def app() -> Iterator[tuple[type[Reader], str]]:
    kind = type("ThisReader", (Reader,), {"asked": 0, "shown": None})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kind, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_waits_until_the_app_shows_the_bundle(
    folder: Path,
    place: Place,
    app: tuple[type[Reader], str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rollout.cli.live.publishing.POLL_SECONDS", 0.01)
    kind, url = app
    kind.shown = read_bundle(folder, None).digest

    assert publish(folder, place, "--wait", "--app", url) == ExitCode.GOOD
    assert "the app has read it" in capsys.readouterr().err
    assert kind.asked == 2


def test_an_app_that_goes_on_reading_another_bundle_is_a_time_out(
    folder: Path,
    place: Place,
    app: tuple[type[Reader], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rollout.cli.live.publishing.POLL_SECONDS", 0.01)
    kind, url = app
    kind.shown = "another"

    code = publish(folder, place, "--wait", "--timeout", "1s", "--app", url)

    assert code == ExitCode.TIMED_OUT


def test_an_app_that_does_not_say_what_it_reads_is_not_waited_for(
    folder: Path, place: Place, app: tuple[type[Reader], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(folder, place, "--wait", "--app", app[1]) == ExitCode.GOOD
    assert "does not say" in capsys.readouterr().err
