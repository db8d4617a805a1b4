"""What a template names on this disk: files and folders, and through which YAML files.

`azure-ai-ml` reads relative paths from the folder of the file that has them (its YAML schema
reference for managed online deployments), and takes any value `file:NAME` for a YAML file.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

FILE_SCHEME = "file:"
_PACKAGES = "conda_file"
_NAMES_A_PATH = frozenset({"code", "path"})
_WITHIN = {"scoring_script": "code", "dockerfile_path": "path"}
"""Fields whose value is read from inside the folder that another field beside them names."""

_FREE_TEXT = frozenset({"environment_variables", "tags", "properties", "description"})
_ROUTES = "inference_config"
"""Its `path` fields are parts of URLs."""

_ASSET = re.compile(r"azureml:(?:[^/]+|/subscriptions/.+)")
_ADDRESS = re.compile(r"(?:azureml|https?|wasbs?|abfss?|adl|git|git\+https?)://[^/].*")


class Target(StrEnum):
    """What must be there: YAML that may name more, YAML that names nothing, a file, or anything."""

    YAML = auto()
    CONDA = auto()
    FILE = auto()
    ANY = auto()


@dataclass(frozen=True)
class LocalPath:
    """A path as it is written: `text` is read from `base`, a folder relative to the service's."""

    field: str
    text: str
    base: str
    target: Target


def local_paths(document: Any, file: str) -> Iterator[LocalPath]:
    """Yield every local path that a YAML file of a service names.

    Args:
        document: The file's values, of bounded size and depth.
        file: The file, relative to the service's folder.
    """
    yield from _below(document, "", posixpath.dirname(file))


def _below(value: Any, field: str, base: str) -> Iterator[LocalPath]:
    if isinstance(value, str) and value.startswith(FILE_SCHEME):
        yield LocalPath(field, value.removeprefix(FILE_SCHEME), base, Target.YAML)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _below(each, f"{field}[{index}]", base)
    elif isinstance(value, Mapping):
        for key in value:
            if key not in _FREE_TEXT and key != _ROUTES:
                yield from _field(value, key, f"{field}.{key}" if field else str(key), base)


def _field(around: Mapping[Any, Any], key: Any, field: str, base: str) -> Iterator[LocalPath]:
    value = around[key]
    if not isinstance(value, str) or value.startswith(FILE_SCHEME):
        yield from _below(value, field, base)
    elif key in _WITHIN:
        folder = around.get(_WITHIN[key])
        if isinstance(folder, str) and not is_remote(folder):
            yield LocalPath(field, value, posixpath.join(base, folder), Target.FILE)
    elif key == _PACKAGES:
        # The SDK opens it on this disk, whatever it looks like.
        yield LocalPath(field, value, base, Target.CONDA)
    elif key in _NAMES_A_PATH and not is_remote(value):
        yield LocalPath(field, value, base, Target.ANY)


def is_remote(text: str) -> bool:
    """Say whether a path names an asset or an address, and nothing on this disk.

    A scheme alone does not make it remote: the SDK joins `http:x/../../y` to the file's folder and
    resolves it. No asset and no address that it takes has a part `..`.
    """
    if ".." in text.split("/"):
        return False
    return (_ASSET.fullmatch(text) or _ADDRESS.fullmatch(text)) is not None
