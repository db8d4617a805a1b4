"""The console's files, served by the app itself: a shell without data, for whoever asks.

Nothing of a request becomes a path: the folder is read once, at the first request, and a request
only picks one of the names found then.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path

from rollout.inbound.answers import Answer
from rollout.inbound.etags import etag, is_known

FOLDER = Path(__file__).resolve().parent.parent / "console"
INDEX = "index.html"
TYPES: Mapping[str, str] = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""Suffix -> media type. Files of no other kind are served."""

LIBRARIES = frozenset(
    f"vendor/{name}" for name in ("preact.js", "hooks.js", "htm.js", "uplot.js", "uplot.css")
)
"""Copied by the build and not in git, so they may be missing."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No inline script or style, nothing from elsewhere, and nobody may frame it."""

_SAFE: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_NOT_BUILT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The console is not built</title>
<h1>The console is not built</h1>
<p>Its libraries are missing from <code>rollout/console/vendor</code>. Run <code>make setup</code>
(or <code>npm ci</code> and <code>npm run vendor</code>), restart the app, and deploy again.</p>
"""


@dataclass(frozen=True)
class _File:
    """`tag` names the content; `zipped` is the same in gzip."""

    body: bytes
    zipped: bytes
    media_type: str
    tag: str


def console_answer(path: str, headers: Mapping[str, str]) -> Answer:
    """Answer for one file of the console.

    Args:
        path: What follows `ui/` in the route; "" is the page itself.
        headers: The request's headers, names in lower case.

    Returns:
        The file, 304 where the browser has it, 404 for a name that there is not, and 503 with a
        page that says what to run where the libraries are missing.
    """
    files = _files()
    name = path or INDEX
    if name == INDEX and not files.keys() >= LIBRARIES:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, _NOT_BUILT, "text/html", _headers())
    found = files.get(name)
    if found is None:
        text = b"The console has no such file.\n"
        return Answer(HTTPStatus.NOT_FOUND, text, "text/plain", _headers())
    if is_known(headers, found.tag):
        return Answer(HTTPStatus.NOT_MODIFIED, b"", found.media_type, _headers(found.tag))
    if "gzip" in _encodings(headers):
        zipped = {**_headers(found.tag), "Content-Encoding": "gzip"}
        return Answer(HTTPStatus.OK, found.zipped, found.media_type, zipped)
    return Answer(HTTPStatus.OK, found.body, found.media_type, _headers(found.tag))


def _headers(tag: str = "") -> Mapping[str, str]:
    """The headers of every answer; one with a tag may be kept if it is asked about each time."""
    if not tag:
        return {**_SAFE, "Cache-Control": "no-store"}
    return {**_SAFE, "Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}


def _encodings(headers: Mapping[str, str]) -> set[str]:
    """What the client accepts; one with the weight 0 it refuses (RFC 9110, 12.5.3)."""
    accepted = set()
    for each in headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = each.partition(";")
        if weight.strip().replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            accepted.add(coding.strip())
    return accepted


@cache
def _files() -> Mapping[str, _File]:
    return {
        file.relative_to(FOLDER).as_posix(): _read(file)
        for file in sorted(FOLDER.rglob("*"))
        if file.suffix in TYPES and file.is_file()
    }


def _read(file: Path) -> _File:
    body = file.read_bytes()
    # The time is left out, so that two instances give the same bytes.
    return _File(body, gzip.compress(body, mtime=0), TYPES[file.suffix], etag(body.hex()))
