"""A bundle published as a zip: taken by ETag, kept for a while, refused where it is dangerous."""

import io
import os
import stat
import zipfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from zipfile import ZipInfo

import pytest

from rollout.adapters.bundle import archive as bundle_archive
from rollout.adapters.bundle import service_bundle, snapshot, sources
from rollout.adapters.bundle.service_bundle import ServiceBundle
from rollout.adapters.bundle.sources import STALE_LIMIT, BlobSource, Download
from rollout.adapters.templates.checks import template_faults
from rollout.adapters.templates.faults import Fault
from rollout.errors import ServicesUnavailableError
from tests.support.small_policies import POLICY


def a_zip(*names: str, content: str = "", top: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            policy = POLICY.format(endpoint=f"{name}-endpoint")
            # ZipInfo has a fixed time: equal content gives equal bytes.
            archive.writestr(ZipInfo(f"{top}{name}/rollout.yaml"), policy + content)
            archive.writestr(ZipInfo(f"{top}{name}/deployment.yml"), "instance_count: 1\n")
            archive.writestr(ZipInfo(f"{top}{name}/data/"), "")
            archive.writestr(ZipInfo(f"{top}{name}/data/sample.json"), "{}")
    return buffer.getvalue()


class ScriptedBlob:
    """A blob whose content the test sets; None means that it cannot be read."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked: list[str | None] = []

    def fetch(self, etag: str | None, most: int) -> Download | None:
        self.asked.append(etag)
        if self.content is None or len(self.content) > most:
            raise ServicesUnavailableError("no answer")
        now = str(hash(self.content))
        return None if etag == now else Download(now, self.content)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, duration: timedelta) -> None:
        self.now += duration.total_seconds()


RECHECK = timedelta(seconds=60)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def zipped(blob: ScriptedBlob, clock: Clock) -> ServiceBundle:
    return ServiceBundle(BlobSource(blob, recheck=RECHECK, clock=clock))


@pytest.mark.parametrize("top", ["", "services/"])
def test_a_zip_is_unpacked_and_read(clock: Clock, top: str) -> None:
    bundle = zipped(ScriptedBlob(a_zip("churn", "fraud", top=top)), clock)

    assert [policy.service for policy in bundle.all().policies] == ["churn", "fraud"]
    assert bundle.samples("fraud", ["data/sample.json"]) == {"data/sample.json": b"{}"}


def test_the_blob_is_asked_again_by_etag_after_the_recheck_interval(clock: Clock) -> None:
    blob = ScriptedBlob(a_zip("fraud"))
    bundle = zipped(blob, clock)
    bundle.all()
    bundle.all()
    clock.pass_by(RECHECK)
    bundle.all()

    assert blob.asked == [None, str(hash(blob.content))]


def test_a_newly_published_zip_is_taken_and_older_copies_go(clock: Clock) -> None:
    blob = ScriptedBlob(a_zip("fraud"))
    bundle = zipped(blob, clock)
    first = bundle.folder_of("fraud")
    for number in range(3):
        blob.content = a_zip("fraud", content=f"keep: {number + 1}h\n")
        clock.pass_by(RECHECK)
        assert bundle.all().policies[0].keep == timedelta(hours=number + 1)

    assert not first.exists()
    assert len(list(first.parents[1].iterdir())) == sources.KEPT_COPIES


def test_the_last_good_zip_serves_for_a_while_and_then_nothing_does(clock: Clock) -> None:
    blob = ScriptedBlob(a_zip("fraud"))
    bundle = zipped(blob, clock)
    bundle.all()
    blob.content = None
    clock.pass_by(STALE_LIMIT)
    assert bundle.all().policies
    clock.pass_by(RECHECK)

    with pytest.raises(ServicesUnavailableError):
        bundle.all()
    blob.content = a_zip("fraud")
    assert bundle.all().policies


def test_an_unusable_zip_leaves_the_last_good_one_in_place(clock: Clock) -> None:
    blob = ScriptedBlob(a_zip("fraud"))
    bundle = zipped(blob, clock)
    folder = bundle.folder_of("fraud")
    blob.content = b"not a zip"
    clock.pass_by(RECHECK)

    assert bundle.folder_of("fraud") == folder
    assert len(list(folder.parents[1].iterdir())) == 1


def test_without_any_bundle_services_are_unavailable(clock: Clock) -> None:
    with pytest.raises(ServicesUnavailableError):
        zipped(ScriptedBlob(None), clock).all()


def entry(name: str, content: bytes = b"x", mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def encrypted() -> bytes:
    content = bytearray(entry("a/b"))
    # Bit 0 of the general purpose flag, in the local header and in the central directory.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (b"", "cannot be unpacked"),
        (b"PK\x03\x04 nonsense", "cannot be unpacked"),
        (entry("../escape"), "leads out of it"),
        (entry("a/../../escape"), "leads out of it"),
        (entry("/etc/escape"), "leads out of it"),
        (entry("C:escape"), "leads out of it"),
        (entry("a\\..\\escape"), "leads out of it"),
        (entry("a/\x1b[31m"), "leads out of it"),
        (entry("a/link", b"/etc/passwd", stat.S_IFLNK | 0o777), "symbolic link"),
        (encrypted(), "cannot be unpacked"),
        (entry("a", b"\0" * 5000), "unpacks to more than"),
        (entry("d/" * 21 + "x"), "more than 20 folders deep"),
        (entry("d/" * 10 + "x"), "more than 10 files and folders"),
        (a_zip("a", "b", "c"), "more than 10 files and folders"),
        (entry("a/" + "n" * 300), "cannot be stored"),
    ],
)  # fmt: skip
def test_a_dangerous_zip_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: bytes, words: str
) -> None:
    monkeypatch.setattr(bundle_archive, "MAX_UNPACKED_BYTES", 4096)
    monkeypatch.setattr(bundle_archive, "MAX_ENTRIES", 10)

    with pytest.raises(ServicesUnavailableError, match=words):
        bundle_archive.unpack(archive, tmp_path / "inside")

    assert {path.name for path in tmp_path.iterdir()} <= {"inside"}
    assert not os.path.lexists("/etc/escape")


def test_any_damage_to_a_zip_is_the_same_error(tmp_path: Path) -> None:
    whole = bytearray(a_zip("a/rollout.yaml", "a/sample.json"))
    for place in range(len(whole)):
        damaged = bytes([*whole[:place], whole[place] ^ 0xFF, *whole[place + 1 :]])
        # Some bytes may be anything, such as a date; none may surface as another error.
        with suppress(ServicesUnavailableError):
            bundle_archive.unpack(damaged, tmp_path / str(place))


def test_a_copy_says_how_long_ago_the_blob_was_reached() -> None:
    clock, blob = Clock(), ScriptedBlob(a_zip("fraud"))
    source = BlobSource(blob, recheck=timedelta(seconds=60), clock=clock)
    assert source.age() is None
    bundle = ServiceBundle(source)
    assert bundle.all().age == timedelta(0)
    blob.content = None
    clock.now = 70.0
    assert bundle.all().age == timedelta(seconds=70)


def test_a_copy_is_never_looked_through_for_changes(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_prints(_: Path) -> NoReturn:
        raise AssertionError

    for module in (service_bundle, snapshot):
        monkeypatch.setattr(module, "service_print", no_prints)
    blob = ScriptedBlob(a_zip("churn", "fraud"))
    bundle = zipped(blob, clock)
    for _ in range(3):
        assert len(bundle.all().policies) == 2
        assert bundle.service("fraud").policy is not None
        clock.pass_by(RECHECK)
    blob.content = a_zip("fraud")
    assert len(bundle.all().policies) == 1


def test_a_copy_that_went_while_it_was_read_is_asked_for_nothing_more(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = ScriptedBlob(a_zip("fraud"))
    bundle = zipped(blob, clock)
    real = template_faults

    def slowly(service: Path, *others: Any) -> list[Fault]:
        monkeypatch.setattr(snapshot, "template_faults", real)
        for number in range(sources.KEPT_COPIES):
            blob.content = a_zip("fraud", content=f"keep: {number + 1}h\n")
            clock.pass_by(RECHECK)
            bundle.folder_of("fraud")
        return real(service, *others)

    monkeypatch.setattr(snapshot, "template_faults", slowly)

    assert bundle.all().policies[0].keep == timedelta(hours=sources.KEPT_COPIES)
