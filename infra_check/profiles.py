"""The deployments that are looked at: a `.bicepparam` file in `infra/profiles` for each.

Its snapshot, beside it, holds `predictedResources` (each resource of each module, with conditions
and loops resolved and names computed), `outputs` and `diagnostics`. What only a deployment can know
is an expression: text in brackets.
"""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""Of no customer; the profiles' own ids name it too."""
_METADATA = {
    "subscriptionId": SUBSCRIPTION,
    "tenantId": "00000000-0000-0000-0000-000000000002",
    "location": "westeurope",
    "deploymentName": "rollout",
}
_GROUP = "rg-production"
_USING = re.compile(r"^using '([^']+)'$", re.MULTILINE)
_OF_A_SUBSCRIPTION = re.compile(r"^targetScope = 'subscription'$", re.MULTILINE)

type Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Profile:
    """One set of parameters of one template."""

    parameters: Path

    @property
    def name(self) -> str:
        """Its name, such as `main-private`: the template, and what is special."""
        return self.parameters.stem

    @property
    def stored(self) -> Path:
        """The file with its snapshot."""
        return self.parameters.with_suffix(".snapshot.json")

    def metadata(self) -> Mapping[str, str | None]:
        """Return where it is deployed, as the compiler wants to know it.

        Raises:
            ValueError: The file names no template.
        """
        using = _USING.search(self.parameters.read_text(encoding="utf-8"))
        if using is None:
            raise ValueError(f"{self.parameters}: it has no line: using '../<template>.bicep'")
        template = (self.parameters.parent / using[1]).read_text(encoding="utf-8")
        whole = _OF_A_SUBSCRIPTION.search(template) is not None
        return {**_METADATA, "resourceGroup": None if whole else _GROUP}


def profiles_in(infra: Path) -> list[Profile]:
    """Return the profiles in `infra/profiles`, by name."""
    return [Profile(path) for path in sorted(infra.glob("profiles/*.bicepparam"))]


def read(profile: Profile) -> Snapshot:
    """Return the stored snapshot."""
    found: Snapshot = json.loads(profile.stored.read_text(encoding="utf-8"))
    return found


def written(snapshot: Snapshot) -> str:
    """Return the text of a snapshot's file; the compiler's order of outputs is never the same."""
    ordered = {**snapshot, "outputs": dict(sorted(snapshot.get("outputs", {}).items()))}
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"


def difference(profile: Profile, snapshot: Snapshot) -> str:
    """Return how a snapshot differs from the stored one, as `diff` shows it; empty: not at all."""
    stored = profile.stored.read_text(encoding="utf-8") if profile.stored.is_file() else ""
    lines = difflib.unified_diff(
        stored.splitlines(),
        written(snapshot).splitlines(),
        f"{profile.stored.name} as stored",
        f"{profile.stored.name} as compiled",
        lineterm="",
    )
    return "\n".join(lines)
