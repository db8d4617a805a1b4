"""Who gives a command: proven by App Service sign-in, or only claimed."""

from collections.abc import Mapping

from rollout.text.plain_text import visible_line

PRINCIPAL_HEADER = "x-ms-client-principal-name"
"""Set by App Service authentication, which also removes it from requests that bring their own.

Without that feature anyone can send it (learn.microsoft.com, "Work with user identities in Azure
App Service authentication").
"""

MAX_ACTOR_CHARACTERS = 128
UNKNOWN = "unknown"


def actor(headers: Mapping[str, str], claimed: str | None, *, sign_in: bool) -> str:
    """Name the operator for the history.

    Args:
        headers: The request's headers, names in lower case.
        claimed: Who sends the request, according to its body.
        sign_in: Whether App Service authentication is on; else the header proves nothing.

    Returns:
        The signed-in name, or `claimed: <name>`.
    """
    proven = headers.get(PRINCIPAL_HEADER, "").strip() if sign_in else ""
    if proven:
        return visible_line(proven, MAX_ACTOR_CHARACTERS)
    return f"claimed: {visible_line((claimed or '').strip() or UNKNOWN, MAX_ACTOR_CHARACTERS)}"
