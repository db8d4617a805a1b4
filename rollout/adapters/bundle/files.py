"""A folder of services on disk -> an immutable snapshot: policies, faults and digests."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.policy_yaml import PolicyYamlError, read_policy_yaml
from rollout.adapters.bundle.template_files import template_files
from rollout.core.policy.model import Policy, WorkspaceName
from rollout.core.policy.parsing import POLICY_FILE, ParsedServices, ServiceFolder, parse_services
from rollout.errors import ServicesUnavailableError

MAX_FILES = 5000
"""More files than this are not service folders: something got in by mistake."""

_BYTECODE_FOLDER = "__pycache__"
_UPLOAD_RULES = ".amlignore"
"""The one hidden file that decides what a deployment is made of."""

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Bundle:
    """What one state of a bundle says.

    `templates` maps each service to the digest of what its deployments are made of and tested with
    (`template_files`); `models` maps each to the model its file names, where that can be read.
    """

    folder: Path
    services: ParsedServices
    templates: Mapping[str, str]
    models: Mapping[str, str]
    digest: str


def read_bundle(folder: Path, own: WorkspaceName | None) -> Bundle:
    """Read every service folder below `folder`.

    Raises:
        ServicesUnavailableError: The folder is absent, unreadable, or far too large.
    """
    try:
        contents = {name: _digests(path) for name, path in _service_folders(folder)}
        folders = [_service_folder(folder / name, files) for name, files in contents.items()]
    except OSError as error:
        raise ServicesUnavailableError(
            f"The services folder cannot be read ({error.strerror or type(error).__name__})."
        ) from error
    everything = {f"{name}/{file}": each for name, of in contents.items() for file, each in of}
    parsed = parse_services(folders, own)
    return Bundle(
        folder=folder,
        services=parsed,
        templates={
            name: _template(folder / name, files, parsed.policies.get(name))
            for name, files in contents.items()
        },
        models={each.name: model for each in folders if (model := _model(each.document))},
        digest=_combined(everything),
    )


def bundle_entries(folder: Path) -> list[tuple[str, Path]]:
    """Return every file that counts, as `<service>/<path>` with forward slashes, in order.

    Raises:
        ServicesUnavailableError: The folder is absent, unreadable, or far too large.
    """
    try:
        return sorted(
            (path.relative_to(folder).as_posix(), path)
            for _, service in _service_folders(folder)
            for path in _files(service)
        )
    except OSError as error:
        raise ServicesUnavailableError(
            f"The services folder cannot be read ({error.strerror or type(error).__name__})."
        ) from error


def fingerprint(folder: Path) -> Fingerprint:
    """Return paths with sizes and times: it changes when any file does, and reads none of them.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable.
    """
    try:
        return tuple(
            (str(path), status.st_size, status.st_mtime_ns)
            for _, service in _service_folders(folder)
            for path in _files(service)
            for status in (path.lstat(),)
        )
    except OSError as error:
        raise ServicesUnavailableError(
            f"The services folder cannot be read ({error.strerror or type(error).__name__})."
        ) from error


def _service_folders(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and (path / POLICY_FILE).is_file():
            yield path.name, path


def _service_folder(path: Path, files: list[tuple[str, str]]) -> ServiceFolder:
    names = frozenset(name for name, _ in files)
    try:
        document = read_policy_yaml((path / POLICY_FILE).read_bytes())
    except PolicyYamlError as error:
        return ServiceFolder(path.name, None, names, (str(error),))
    return ServiceFolder(path.name, document, names)


def _template(service: Path, files: list[tuple[str, str]], policy: Policy | None) -> str:
    samples = [request.file for request in policy.validate.requests] if policy else []
    counted = template_files(service, [name for name, _ in files], samples)
    return _combined({name: digest for name, digest in files if name in counted})


def _model(document: Any) -> str | None:
    """The model that a policy file names, even where the file has faults."""
    named = document.get("model") if isinstance(document, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) else None


def _digests(service: Path) -> list[tuple[str, str]]:
    return [
        (path.relative_to(service).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in _files(service)
    ]


def _files(service: Path) -> list[Path]:
    # Links are skipped: one could lead anywhere, and a zip would not carry it.
    found: list[Path] = []
    for parent, folders, names in os.walk(service):
        folders[:] = sorted(each for each in folders if _counts(each))
        paths = [Path(parent) / name for name in sorted(names) if _counts(name)]
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
        if len(found) > MAX_FILES:
            raise ServicesUnavailableError(
                f"The folder of the service {service.name} has more than {MAX_FILES} files."
            )
    return sorted(found)


def _counts(name: str) -> bool:
    # What tools leave behind, such as half-written copies, must not make a template look changed.
    return name == _UPLOAD_RULES or not (name.startswith(".") or name == _BYTECODE_FOLDER)


def _combined(files: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{files[name]} {name}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()
