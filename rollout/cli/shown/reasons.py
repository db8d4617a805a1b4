"""Why a service, or one of its versions, is where it is: sentences from its view."""

from collections.abc import Mapping
from typing import Any

View = Mapping[str, Any]
_RETRYABLE = frozenset({"rejected", "quarantined"})


def reasons(view: View, version: str | None = None) -> list[str]:
    """Return sentences, the most important first; none where the version is not known."""
    if version is None:
        return _of_service(view)
    return _of_version(view, version)


def _of_service(view: View) -> list[str]:
    rollout: View = view.get("rollout") or {}
    found = [str(view["says"])]
    if view.get("fault") and view["fault"] != view["says"]:
        found.append(f"Its files have a fault: {view['fault']}")
    evidence = (rollout.get("evidence") or {}).get("text")
    if evidence and evidence not in found[0]:
        found.append(f"The gate's last word: {evidence}")
    if following := view.get("next"):
        who = "A person decides" if following["person"] else "Next"
        found.append(f"{who}: {following['what']}")
    return [*found, *(f"{each['verb']}: {each['means']}" for each in view["allowed"])]


def _of_version(view: View, version: str) -> list[str]:
    rollout: View = view.get("rollout") or {}
    waiting: View = view.get("waiting") or {}
    found = []
    if rollout.get("version") == version:
        found.append(str(view["says"]))
    if waiting.get("version") == version:
        found.append(f"version {version} waits: {view['says']}. It starts when that ends.")
    if any(offer["version"] == version for offer in view.get("received") or ()):
        found.append(f"version {version} was offered, and is decided on in the next pass")
    records = [each for each in view.get("offers") or () if each["version"] == version]
    found += [f"version {version} is {each['state']}: {each['text']}" for each in records]
    if any(each["state"] in _RETRYABLE for each in records):
        found.append(
            f"`rollout retry {view['service']} --version {version} --reason ...` offers it again"
        )
    return found
