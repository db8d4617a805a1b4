"""The console's files as they are served: which, how, and how much they weigh."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout.inbound import console_files
from rollout.inbound.console_files import FOLDER, INDEX, LIBRARIES, TYPES, console_answer

MAX_AT_ONCE_BYTES = 150_000
"""What the first page loads, as it is parsed: everything that is imported without a condition."""

MAX_BYTES, MAX_SENT_BYTES = 250_000, 110_000
"""The whole console, as it is parsed and as it is sent. The licences lie beside it."""

FILES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*")
    if path.is_file() and not path.name.startswith(".")
)
AT_ONCE = re.compile(r"""^(?:import|export)\b[^"';=()]*?\bfrom\s*["']([^"']+)["']""", re.MULTILINE)
LATER = re.compile(r"""\bimport\(["']([^"']+)["']\)""")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(console_files, "FOLDER", tmp_path)
    console_files._files.cache_clear()
    yield tmp_path
    console_files._files.cache_clear()


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_with_its_type_and_the_policy(name: str) -> None:
    answer = console_answer(name, {})

    assert (answer.status, answer.body) == (200, (FOLDER / name).read_bytes())
    assert answer.media_type == TYPES[Path(name).suffix]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_bare_address_is_the_page() -> None:
    assert console_answer("", {}).body == console_answer(INDEX, {}).body


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    tag = console_answer("app.css", {}).headers["ETag"]
    answer = console_answer("app.css", {"if-none-match": tag})

    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    assert console_answer(INDEX, {"if-none-match": tag}).status == 200


@pytest.mark.parametrize(
    ("accepts", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("gzip;q=0, br", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_gzip_is_sent_to_whoever_accepts_it(accepts: str, *, zipped: bool) -> None:
    plain = console_answer("js/main.js", {})
    answer = console_answer("js/main.js", {"accept-encoding": accepts})

    assert (answer.headers.get("Content-Encoding") == "gzip") is zipped
    assert (gzip.decompress(answer.body) if zipped else answer.body) == plain.body
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "name",
    [
        *("../function_app.py", "js/../../wiring.py", "/etc/passwd", "js", "js/", "vendor/.ready"),
        *("INDEX.HTML", "app.css?x", "..", ".", "vendor", "js//main.js", "\0"),
    ],
)
def test_any_other_name_is_not_found(name: str) -> None:
    answer = console_answer(name, {})

    assert answer.status == 404
    assert "Content-Security-Policy" in answer.headers


def test_a_console_without_libraries_says_what_to_run(folder: Path) -> None:
    (folder / INDEX).write_text("<title>Rollouts</title>")
    answer = console_answer("", {})

    assert answer.status == 503
    assert b"make setup" in answer.body
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_of_no_known_kind_is_not_served(folder: Path) -> None:
    (folder / "notes.md").write_text("x")

    assert console_answer("notes.md", {}).status == 404


def test_the_whole_console_weighs_little() -> None:
    loaded = [name for name in FILES if not name.endswith(".txt")]
    plain = {name: len(console_answer(name, {}).body) for name in loaded}
    sent = [len(console_answer(name, {"accept-encoding": "gzip"}).body) for name in loaded]

    assert set(loaded) >= LIBRARIES, "run make setup"
    assert sum(sent) <= MAX_SENT_BYTES
    assert sum(plain.values()) <= MAX_BYTES, plain


def test_the_first_page_loads_little_and_names_it_all_at_once() -> None:
    page = (FOLDER / INDEX).read_text(encoding="utf-8")
    named = {each.removeprefix("/api/ui/") for each in re.findall(r'(?:src|href)="([^"]+)"', page)}
    known: set[str] = set()
    wanted = {"js/main.js"}
    while new := wanted - known:
        known |= new
        wanted = {
            (FOLDER / name).parent.joinpath(target).resolve().relative_to(FOLDER).as_posix()
            for name in new
            for target in AT_ONCE.findall((FOLDER / name).read_text(encoding="utf-8"))
        }

    # Else a browser would find one import after the other, each a journey to the app and back.
    assert {name for name in named if name.endswith(".js")} == known
    assert "vendor/uplot.js" not in known
    sizes = {name: (FOLDER / name).stat().st_size for name in {INDEX, *named}}
    assert sum(sizes.values()) <= MAX_AT_ONCE_BYTES, sizes


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_modules_import_what_is_there(name: str) -> None:
    place = FOLDER / name
    text = place.read_text(encoding="utf-8")
    for target in (*AT_ONCE.findall(text), *LATER.findall(text)):
        assert target.startswith("."), f"{target}: a browser finds no package by its name"
        assert (place.parent / target).resolve().is_file(), target


def test_the_page_brings_nothing_of_its_own_and_names_what_is_there() -> None:
    page = (FOLDER / INDEX).read_text(encoding="utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.removeprefix("/api/ui/") in FILES
    assert '<html lang="en">' in page
    assert "needs JavaScript" in page.partition("<noscript>")[2]
