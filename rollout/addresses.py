"""Addresses that several layers form or check: ARM ids, and URLs that may be sent a secret."""

import re
from urllib.parse import urlsplit

from rollout.core.policy.model import WorkspaceName

PROVIDER = "Microsoft.MachineLearningServices"
WORKSPACE_ID = (
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<workspace>[^/]+)"
)
"""The pattern of a workspace's ARM id; match it without case."""

ENDPOINTS = "/onlineendpoints/"
"""What stands between a workspace's ARM id and an endpoint's name, in lower case."""

_AMBIGUOUS = re.compile(r"[\\@\s\x00-\x1f\x7f]")
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def workspace_id(workspace: WorkspaceName) -> str:
    """Return a workspace's ARM id, spelt as Azure's documentation does; Azure ignores case."""
    return (
        f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.resource_group}"
        f"/providers/{PROVIDER}/workspaces/{workspace.name}"
    )


def is_safe_url(value: str) -> bool:
    r"""Say whether a URL is https, or http to this machine, and names a host.

    What two readers could take for two hosts is refused: urllib3 ends a host at `\`, urlsplit does
    not, and what stands before `@` is a user's name to one and a host to a hasty eye.
    """
    if _AMBIGUOUS.search(value):
        return False
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)
    )
