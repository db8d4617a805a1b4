"""Versioned assets: models, environments, code and data, and the rules they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from localazure.world.errors import conflict, not_found
from localazure.world.names import check_asset_name
from localazure.world.resources import EMPTY, Caller, Stamp
from localazure.world.state import WorldState
from localazure.world.write_log import Snapshot

IN_PROCESS = Caller()
REGISTERED = Snapshot("Registered")


class View(StrEnum):
    """Which versions a list shows (`listViewType`)."""

    ACTIVE = "ActiveOnly"
    ARCHIVED = "ArchivedOnly"
    ALL = "All"


@dataclass(frozen=True)
class AssetVersion:
    """One version of an asset; `body` is the `properties` object as last sent."""

    kind: str
    name: str
    version: str
    body: Mapping[str, Any]
    created: Stamp
    modified: Stamp

    @property
    def is_archived(self) -> bool:
        return bool(self.body.get("isArchived"))

    @property
    def tags(self) -> Mapping[str, str]:
        tags: Mapping[str, str] = self.body.get("tags") or EMPTY
        return tags

    def in_view(self, view: View) -> bool:
        return view is View.ALL or self.is_archived == (view is View.ARCHIVED)


class AssetRegistry:
    """All versions of one kind of asset (`models`, `environments`, `codes` or `data`).

    `uri_field` names the part of the body that cannot change once registered, if any.
    """

    def __init__(self, state: WorldState, kind: str, uri_field: str | None) -> None:
        self._state = state
        self.kind = kind
        self._uri_field = uri_field
        # Insertion order is creation order: the newest is the last.
        self._versions: dict[str, dict[str, AssetVersion]] = {}
        self._listeners: list[Callable[[AssetVersion], None]] = []

    def on_created(self, listener: Callable[[AssetVersion], None]) -> None:
        """Call `listener` with every version created from now on, after it is stored."""
        self._listeners.append(listener)

    def put(
        self, name: str, version: str, body: Mapping[str, Any], caller: Caller = IN_PROCESS
    ) -> tuple[AssetVersion, bool]:
        """Register a version, or change one's tags and properties; say whether it is new.

        Raises:
            ArmError: 400 for a bad name or version, 409 if the version exists elsewhere.
        """
        check_asset_name(f"name of {self.kind}", name)
        check_asset_name(f"version of {self.kind}", version)
        existing = self.find(name, version)
        stamp = self._state.stamp(caller)
        if existing is None:
            asset = AssetVersion(self.kind, name, version, body, stamp, stamp)
        else:
            self._refuse_another_place(existing, body)
            asset = replace(existing, body=body, modified=stamp)
        self._versions.setdefault(name, {})[version] = asset
        self._state.log.add(
            stamp.at,
            caller,
            f"{self.kind}.put",
            f"{name}:{version}",
            before=Snapshot() if existing is None else REGISTERED,
            after=REGISTERED,
            tags=asset.tags,
        )
        if existing is None:
            for listener in self._listeners:
                listener(asset)
        return asset, existing is None

    def delete(self, name: str, version: str, caller: Caller = IN_PROCESS) -> bool:
        """Delete a version, so that its number may be registered again; say whether it was there.

        Deployments made of it keep their copy.
        """
        asset = self._versions.get(name, {}).pop(version, None)
        if asset is None:
            return False
        if not self._versions[name]:
            del self._versions[name]
        self._state.log.add(
            self._state.stamp(caller).at,
            caller,
            f"{self.kind}.delete",
            f"{name}:{version}",
            before=REGISTERED,
            after=Snapshot(),
            tags=asset.tags,
        )
        return True

    def find(self, name: str, version: str) -> AssetVersion | None:
        return self._versions.get(name, {}).get(version)

    def get(self, name: str, version: str) -> AssetVersion:
        """Return a version; 404 when absent."""
        asset = self.find(name, version)
        if asset is None:
            raise not_found(f"'{name}:{version}' in {self.kind}")
        return asset

    def names(self, view: View = View.ACTIVE) -> list[str]:
        """Return the names with at least one version in this view."""
        return [
            name
            for name, versions in self._versions.items()
            if any(asset.in_view(view) for asset in versions.values())
        ]

    def versions(self, name: str, view: View = View.ACTIVE) -> list[AssetVersion]:
        """Return a name's versions, oldest first; empty when the name is unknown."""
        return [asset for asset in self._versions.get(name, {}).values() if asset.in_view(view)]

    def next_version(self, name: str) -> str:
        """Return the version the service proposes next: one above the highest whole number.

        Raises:
            ArmError: 404, no version of this name exists.
        """
        if name not in self._versions:
            raise not_found(f"'{name}' in {self.kind}")
        numbers = [int(version) for version in self._versions[name] if version.isdecimal()]
        return str(max(numbers, default=0) + 1)

    def find_by_property(self, wanted: Mapping[str, str]) -> list[AssetVersion]:
        """Return the versions, of any name, whose `properties` hold all of `wanted`."""
        return [
            asset
            for versions in self._versions.values()
            for asset in versions.values()
            if wanted.items() <= (asset.body.get("properties") or {}).items()
        ]

    def _refuse_another_place(self, existing: AssetVersion, body: Mapping[str, Any]) -> None:
        field = self._uri_field
        if field is not None and body.get(field) != existing.body.get(field):
            raise conflict(
                f"'{existing.name}:{existing.version}' is registered with {field} "
                f"'{existing.body.get(field)}', which cannot change. Register another version."
            )
