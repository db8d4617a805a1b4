"""The workspace's blob datastores, and the places in them that data assets name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from localazure.world.errors import bad_request

DEFAULT_DATASTORE = "workspaceblobstore"
"""The datastore that every workspace has."""

_PLACE = re.compile(r"azureml://(?:.+/)?datastores/(?P<store>[^/]+)/paths/(?P<path>.+)")


@dataclass(frozen=True)
class Datastore:
    """A blob datastore; `account_name` is what the SDK pastes into its https URL.

    With `has_keys` it says that it is read with the account's key, as a workspace's own datastores
    do unless they were made for identities; the key itself is never given away here.
    """

    name: str
    account_name: str
    container_name: str
    has_keys: bool = False


@dataclass(frozen=True)
class Place:
    """A file or folder in blob storage."""

    container: str
    path: str


def locate(datastores: Mapping[str, Datastore], uri: str) -> Place:
    """Return where `azureml://[.../]datastores/{name}/paths/{path}` is.

    Raises:
        ArmError: 400, it has another form or names no datastore of this workspace.
    """
    match = _PLACE.fullmatch(uri)
    if match is None:
        raise bad_request(f"'{uri}' must have the form azureml://datastores/NAME/paths/PATH.")
    store = datastores.get(match["store"])
    if store is None:
        raise bad_request(f"'{uri}' names a datastore that this workspace does not have.")
    return Place(store.container_name, match["path"].strip("/"))
