"""A folder of services on disk -> an immutable snapshot: policies, faults and digests.

Whatever goes wrong while one service is read is that service's fault and no other's.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.golden_rows import golden_faults, golden_files
from rollout.adapters.bundle.policy_yaml import MAX_POLICY_BYTES, read_policy_yaml
from rollout.adapters.bundle.probe_inputs import input_faults
from rollout.adapters.bundle.template_files import template_files
from rollout.adapters.templates.checks import template_faults
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import Document, YamlFaultError, line_of
from rollout.adapters.zones import zone_named
from rollout.core.policy.model import Policy, WorkspaceName
from rollout.core.policy.parsing import POLICY_FILE, ParsedServices, ServiceFolder, parse_services
from rollout.core.policy.values import shown_place
from rollout.errors import ServicesUnavailableError

MAX_FILES = 5000
"""More files than this are not service folders: something got in by mistake."""

_BYTECODE_FOLDER = "__pycache__"
_UPLOAD_RULES = ".amlignore"
"""The one hidden file that decides what a deployment is made of."""

_MISSPELT = frozenset({"rollout.yml", "rollouts.yml", "rollout.yaml", "rollouts.yaml"})
"""In lower case: names that a policy file gets by mistake."""

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Bundle:
    """What one state of a bundle says.

    `faults` has every fault of each service that cannot be used, `services` the same as pairs;
    `templates` maps each service to the digest of what its deployments are made of and tested with
    (`template_files`); `models` maps each to the model its file names, where that can be read.
    """

    folder: Path
    services: ParsedServices
    faults: Mapping[str, tuple[Fault, ...]]
    templates: Mapping[str, str]
    models: Mapping[str, str]
    digest: str


@dataclass(frozen=True)
class _Read:
    """One service's folder: what was read of it before services are compared."""

    folder: ServiceFolder
    files: Sequence[tuple[str, str]]
    lines: Mapping[str, int]
    fault: Fault | None = None


@dataclass(frozen=True)
class _Checked:
    """Every fault of a service, and its template's digest."""

    faults: tuple[Fault, ...]
    template: str


def read_bundle(folder: Path, own: WorkspaceName | None, *, only: str | None = None) -> Bundle:
    """Read every service folder below `folder`, or the one named `only`.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable.
    """
    with _readable():
        names = [name for name in _service_names(folder) if only in {None, name}]
    reads = {name: _read_service(folder / name) for name in names}
    parsed = parse_services([each.folder for each in reads.values()], own, zone_named)
    checked = {name: _check(folder / name, read, parsed) for name, read in reads.items()}
    faults = {name: each.faults for name, each in checked.items() if each.faults}
    everything = {f"{name}/{file}": each for name, of in reads.items() for file, each in of.files}
    return Bundle(
        folder=folder,
        services=ParsedServices(
            {name: each for name, each in parsed.policies.items() if name not in faults},
            {name: tuple(each.pair(name) for each in found) for name, found in faults.items()},
            parsed.comparable,
            {name for name in parsed.contested if len(faults[name]) == 1},
        ),
        faults=faults,
        templates={name: each.template for name, each in checked.items()},
        models={
            name: model
            for name, read in reads.items()
            if (model := _model(read.folder.document)) is not None
        },
        digest=_combined(everything),
    )


def bundle_entries(folder: Path) -> list[tuple[str, Path]]:
    """Return every file that counts, as `<service>/<path>` with forward slashes, in order.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable, or a service has far too many
            files.
    """
    with _readable():
        return sorted(
            (path.relative_to(folder).as_posix(), path)
            for name in _service_names(folder)
            for path in _files(folder / name)
        )


def fingerprint(folder: Path) -> Fingerprint:
    """Return paths with sizes and times: it changes when any file does, and reads none of them.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable.
    """
    with _readable():
        return tuple(
            each for name in _service_names(folder) for each in _service_print(folder / name)
        )


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServicesUnavailableError(
            f"The services folder cannot be read ({error.strerror or type(error).__name__})."
        ) from error


def _service_names(folder: Path) -> list[str]:
    folders = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(path.name for path in folders if is_service(path))


def is_service(folder: Path) -> bool:
    """Say whether a folder is a service's: it has a policy file, even under a misspelt name."""
    return (folder / POLICY_FILE).is_file() or _misspelt(folder) != ""


def _misspelt(service: Path) -> str:
    """The file that was meant to be the policy; empty where there is none, or the right one too."""
    try:
        names = sorted(path.name for path in service.iterdir())
    except OSError:
        return ""
    if POLICY_FILE in names:
        return ""
    return next((name for name in names if name.lower() in _MISSPELT), "")


def _service_print(service: Path) -> list[tuple[str, int, int]]:
    try:
        states = [(path, path.lstat()) for path in _files(service)]
    except (OSError, ServicesUnavailableError) as error:
        return [(f"{service}: {error}", 0, 0)]
    return [(str(path), state.st_size, state.st_mtime_ns) for path, state in states]


def _read_service(path: Path) -> _Read:
    """Whatever the files hold and whatever reading them raises is a fault of this service alone."""
    try:
        files = _digests(path)
        if meant := _misspelt(path):
            fault = Fault(meant, f"The policy must be named {POLICY_FILE}: rename this file.")
            return _unusable(path.name, files, fault)
        names = frozenset(name for name, _ in files)
        document = _policy(path)
        return _Read(ServiceFolder(path.name, document.value, names), files, document.lines)
    except YamlFaultError as error:
        fault = Fault(POLICY_FILE, str(error), line=error.line)
        return _unusable(path.name, files, fault)
    except ServicesUnavailableError as error:
        return _unusable(path.name, [], Fault(POLICY_FILE, str(error)))
    except Exception as error:  # noqa: BLE001 - see above
        return _unusable(path.name, [], _unexpected(error))


def _policy(service: Path) -> Document:
    with (service / POLICY_FILE).open("rb") as file:
        return read_policy_yaml(file.read(MAX_POLICY_BYTES + 1))


def _unusable(name: str, files: Sequence[tuple[str, str]], fault: Fault) -> _Read:
    folder = ServiceFolder(name, None, (), (fault.sentence,))
    return _Read(folder, files, {}, fault)


def _unexpected(error: Exception) -> Fault:
    kind = type(error).__name__
    what = error.strerror if isinstance(error, OSError) else None
    return Fault(POLICY_FILE, f"This service cannot be read ({what or kind}): repair its files.")


def _check(service: Path, read: _Read, parsed: ParsedServices) -> _Checked:
    """Judge one service, once all were compared: its policy, as the core says, and its templates.

    As in `_read_service`, whatever is raised is a fault of this service alone.
    """
    told = parsed.broken.get(service.name, ())
    own = (read.fault,) if read.fault else tuple(_placed(read, *each) for each in told)
    policy = parsed.comparable.get(service.name)
    try:
        found: list[Fault] = []
        if policy is not None:
            found = [
                *template_faults(service, policy),
                *input_faults(service, policy),
                *golden_faults(service, policy),
            ]
        return _Checked((*own, *found), _template(service, read.files, policy))
    except Exception as error:  # noqa: BLE001 - see above
        return _Checked((*own, _unexpected(error)), "")


def _placed(read: _Read, place: str, sentence: str) -> Fault:
    field = place.removeprefix(shown_place(f"{read.folder.name}/{POLICY_FILE}")).removeprefix(": ")
    return Fault(POLICY_FILE, sentence, field, line_of(read.lines, field))


def _template(service: Path, files: Sequence[tuple[str, str]], policy: Policy | None) -> str:
    tests: list[str] = []
    if policy is not None:
        tests = [each.file for each in policy.validate.requests]
        tests += golden_files(service, policy)
    counted = template_files(service, [name for name, _ in files], tests)
    return _combined({name: digest for name, digest in files if name in counted})


def _model(document: Any) -> str | None:
    """The model that a policy file names, even where the file has faults."""
    named = document.get("model") if isinstance(document, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) else None


def _digests(service: Path) -> list[tuple[str, str]]:
    return [(path.relative_to(service).as_posix(), _digest(path)) for path in _files(service)]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
