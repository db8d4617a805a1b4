"""Whether callers sign in. Apart from the other settings, because the app is indexed by it."""

from collections.abc import Mapping

YES, NO = frozenset({"true", "1"}), frozenset({"false", "0"})
"""What a setting that is a flag may say, in any case."""


def signs_in(environment: Mapping[str, str]) -> bool:
    """Say whether callers sign in; a setting that is neither yes nor no means that they do not."""
    wanted = environment.get("SIGN_IN_ENABLED", "").strip().lower() in YES
    return wanted and platform_signs_in(environment)


def platform_signs_in(environment: Mapping[str, str]) -> bool:
    """Say whether App Service's own sign-in is on.

    App Service sets this itself, so it is no setting of ours: without its sign-in anybody can send
    the header that names who is signed in.
    """
    return environment.get("WEBSITE_AUTH_ENABLED", "").strip().lower() == "true"
