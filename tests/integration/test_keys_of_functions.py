"""Which key opens what, as docs/deploy.md says it, in the app as the host runs it."""

import pytest

from localazure.functions_host.keys import KEY_HEADER
from tests.support.integration import SERVICE, RunningProduct, send
from tests.support.key_table import key_of, key_rows

CALLS = {
    "listRollouts": ("GET", "rollouts"),
    "showRollout": ("GET", f"rollouts/{SERVICE}"),
    "whoami": ("GET", "whoami"),
    "showBodies": ("GET", f"rollouts/{SERVICE}/bodies/1"),
    "startRollout": ("POST", "rollouts"),
    "suspendAll": ("POST", "suspend"),
    "unsuspendAll": ("POST", "unsuspend"),
    "listSuspensions": ("GET", "suspensions"),
    "command": ("POST", f"rollouts/{SERVICE}/pause"),
    "alert": ("POST", "alerts"),
}


@pytest.mark.parametrize("row", range(len(key_rows())))
def test_a_key_of_functions_opens_these_and_no_others(product: RunningProduct, row: int) -> None:
    opened = set()
    for function, (method, path) in CALLS.items():
        url = f"{product.app.ready['url']}/api/{path}"
        if send(method, url, None, {KEY_HEADER: key_of(row)}).status != 401:
            opened.add(function)
    assert opened == set(key_rows()[row]) & CALLS.keys()
    assert opened
