"""Opens requests that carry a secret: a redirect is an answer, and not followed."""

import urllib.request
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take key and token to another host."""

    def redirect_request(  # noqa: PLR0917 - as it is called
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        del req, fp, code, msg, headers, newurl


OPENER = urllib.request.build_opener(_NoRedirect)
