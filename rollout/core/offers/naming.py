"""Candidate names: unique for ever on an endpoint: no late write or alert can hit another one."""

import hashlib
import re
from collections.abc import Collection

SLUG_LIMIT = 16
HASH_DIGITS = 6
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_NUMBERED = re.compile(r"-r[0-9]+$")


def slug(version: str) -> str:
    """The version as letters, digits and dashes; a hash suffix where that loses something.

    At most 16 characters, so that colour and number fit into Azure ML's 32. A version that ends
    as numbered names do (`7-r2`) gets the suffix too: `green-7-r2` is the second rollout of `7`.
    """
    plain = _NOT_NAME.sub("-", version.lower()).strip("-")
    if plain == version and len(plain) <= SLUG_LIMIT and not _NUMBERED.search(plain):
        return plain
    digest = hashlib.sha256(version.encode()).hexdigest()[:HASH_DIGITS]
    return f"{plain[: SLUG_LIMIT - HASH_DIGITS - 1].strip('-')}-{digest}".strip("-")


def colour(stable: str | None) -> str:
    """`green`, or `blue` where stable's name starts with `green`; the first one is `blue`."""
    return "green" if stable is not None and not stable.lower().startswith("green") else "blue"


def candidate_name(
    version: str, stable: str | None, used: int, present: Collection[str]
) -> tuple[str, int]:
    """Choose a name that no rollout of this endpoint had and that is not there now.

    Args:
        version: The model version.
        stable: The present stable's name, None for an endpoint's first deployment.
        used: How many rollouts of this endpoint had the version's slug before.
        present: Deployment names on the endpoint, lower case.

    Returns:
        The name, and the count to store for the slug.
    """
    base = f"{colour(stable)}-{slug(version)}"
    number = used + 1
    while True:
        name = base if number == 1 else f"{base}-r{number}"
        if name not in present:
            return name, number
        number += 1
