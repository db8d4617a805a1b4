"""A right that the app's identity lacks, as Azure names it, and what to run to give it.

An endpoint that enforces access to secret stores is refused to whoever may not read them (Learn,
"Authentication for managed online endpoints"). How Azure words that is not documented, so the
endpoint itself is looked at, where the text does not name the right.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rollout.adapters.azure_ml.governing import GOVERNED
from rollout.adapters.rights import (
    ENDPOINTS_ENFORCE_SECRETS,
    ENFORCES,
    enforces_secrets,
    how_to_get,
    names_a_setting,
)
from rollout.errors import AccessDeniedError, ArmRefusedError, RolloutError

# Azure Resource Manager's own words, for years: "does not have authorization to perform action ...
# over scope ...".
_ACTION = re.compile(
    r"authorization to perform action '(?P<action>[\w./*-]{1,200})'"
    r"(?: over scope '(?P<scope>/[\w/.()@-]{1,1000})')?",
    re.IGNORECASE,
)
_SECRET = re.compile(r"secret", re.IGNORECASE)


def missing_right(message: str) -> str:
    """Return the right that a refusal names, with the command; "" where it names none."""
    found = _ACTION.search(message)
    if found is None:
        return ""
    where = f" on {found['scope']}" if found["scope"] else ""
    return (
        f"The app's identity has no right to {found['action']}{where}: "
        f"{how_to_get(found['action'])}."
    )


def enforced_by(body: Any) -> bool:
    """Say whether an endpoint enforces access to secret stores, by its ARM body."""
    properties = body.get("properties") if isinstance(body, Mapping) else None
    return isinstance(properties, Mapping) and enforces_secrets(properties.get("properties"))


@contextmanager
def secret_stores_named(enforced: Callable[[], bool]) -> Iterator[None]:
    """Name the setting in a refusal, where the endpoint is `enforced` and nothing else explains it.

    `enforced` may ask Azure: it is called after a refusal only, and what it raises says nothing.
    """
    try:
        yield
    except ArmRefusedError as error:
        if not (_may_be_secrets(error) and _answered(enforced)):
            raise
        text = (
            f"{error} The endpoint has {ENFORCES}: its writers must be free to read those "
            f"secrets. If the app's role has no right to: {ENDPOINTS_ENFORCE_SECRETS.command}."
        )
        raise type(error)(text, code=error.code) from error


def _may_be_secrets(error: ArmRefusedError) -> bool:
    text = str(error)
    if error.code in GOVERNED or names_a_setting(text):
        return False
    return isinstance(error, AccessDeniedError) or _SECRET.search(text) is not None


def _answered(enforced: Callable[[], bool]) -> bool:
    try:
        return enforced()
    except RolloutError:
        return False
