"""One state of a folder of services, read as far as somebody asks.

The policies are read at once, since two of them may name one endpoint. The files that a policy
names, its templates first, are checked a service at a time, when that service is needed, once.
Whatever goes wrong while one service is read is that service's fault and no other's.
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.adapters.bundle.golden_rows import golden_faults, golden_files
from rollout.adapters.bundle.policy_yaml import MAX_POLICY_BYTES, read_policy_yaml
from rollout.adapters.bundle.probe_inputs import count_inputs, input_faults
from rollout.adapters.bundle.template_files import template_files
from rollout.adapters.bundle.walking import (
    ServicePrint,
    files_of,
    misspelt,
    readable,
    service_names,
    service_print,
)
from rollout.adapters.templates.checks import template_faults
from rollout.adapters.templates.faults import Fault
from rollout.adapters.templates.plain_yaml import Document, YamlFaultError, line_of
from rollout.adapters.templates.reading import ReadFile, reading_once
from rollout.adapters.zones import zone_named
from rollout.core.policy.model import Policy, WorkspaceName
from rollout.core.policy.parsing import POLICY_FILE, ServiceFolder, parse_services
from rollout.core.policy.values import shown_place
from rollout.errors import ServicesUnavailableError

Digests = Mapping[str, str]
"""From a file of a service to the SHA-256 of its content."""


class ChangedError(Exception):
    """A service's files are not what they were when the snapshot was made."""


@dataclass(frozen=True)
class _Service:
    """What was read of a service before services were compared. `model` as in `Snapshot.model`."""

    files: Sequence[str]
    model: str | None
    fault: Fault | None = None


@dataclass(frozen=True)
class _Checked:
    """Every fault of a service, its template's digest, and whether only a rival is to blame."""

    faults: tuple[Fault, ...]
    template: str
    contested: bool = False


class Snapshot:
    """The services below a folder as they were at one moment. Safe for several threads.

    Args:
        folder: The services' folder.
        own: The app's workspace, to notice two services that name one endpoint in two ways.
        only: Read this service alone; None: all of them.
        prints: The state of each service's files, with which what is read later must agree; None:
            they are a copy that nobody changes.

    Raises:
        ServicesUnavailableError: The folder is absent or unreadable.
    """

    def __init__(
        self,
        folder: Path,
        own: WorkspaceName | None,
        *,
        only: str | None = None,
        prints: Mapping[str, ServicePrint] | None = None,
    ) -> None:
        self.folder = folder
        self._prints = prints
        self._lock = threading.RLock()
        self._services: dict[str, _Service] = {}
        with readable():
            names = service_names(folder) if prints is None else sorted(prints)
        self.names = tuple(name for name in names if only in {None, name})
        self._parsed = parse_services(self._folders(), own, zone_named)
        self._by_model: dict[str | None, list[str]] = {}
        for name in self.names:
            model = self._services[name].model
            self._by_model.setdefault(model and model.lower(), []).append(name)
        self._hashed: dict[str, Digests | Fault] = {}
        self._checked: dict[str, _Checked] = {}
        self._counted: dict[str, int] = {}
        self._digest = ""

    @property
    def digest(self) -> str:
        """The digest of all files that count. Raises `ChangedError`."""
        if not self._digest:
            everything: dict[str, str] = {}
            for name in self.names:
                if not isinstance(digests := self._hash(name), Fault):
                    everything |= {f"{name}/{file}": digests[file] for file in digests}
            self._digest = _combined(everything)
        return self._digest

    def has(self, name: str) -> bool:
        """Say whether there is such a service, usable or not."""
        return name in self._services

    def naming(self, model: str) -> list[str]:
        """The services that serve a model, in any case, and those of which that is not known."""
        known = self._by_model.get(model.lower(), [])
        return sorted([*known, *self._by_model.get(None, [])])

    def model(self, name: str) -> str | None:
        """The model that a policy file names, None where not even that can be read."""
        return self._services[name].model

    def policy(self, name: str) -> Policy | None:
        """A service's policy; None where it has a fault. Raises `ChangedError`."""
        return None if self.faults(name) else self.comparable(name)

    def claim(self, name: str) -> Policy | None:
        """The policy of a service whose only fault is that another names its endpoint."""
        return self.comparable(name) if self._check(name).contested else None

    def comparable(self, name: str) -> Policy | None:
        """The policy, which may have faults; None where nothing of it is known."""
        return self._parsed.comparable.get(name)

    def faults(self, name: str) -> tuple[Fault, ...]:
        """Every fault of a service. Raises `ChangedError`."""
        return self._check(name).faults

    def template(self, name: str) -> str:
        """The digest of what deployments are made of and tested with. Raises `ChangedError`."""
        return self._check(name).template

    def inputs(self, name: str, policy: Policy) -> int:
        """How many inputs a service has: every pass asks, and they may be 16 MiB."""
        if name not in self._counted:
            self._counted[name] = count_inputs(self.folder / name, policy)
        return self._counted[name]

    def _folders(self) -> Iterator[ServiceFolder]:
        """One after another: what a document holds is needed until it is parsed."""
        for name in self.names:
            state = () if self._prints is None else self._prints[name]
            known = [file for file, *_ in state if not file.startswith("/")]
            self._services[name], folder = _read(self.folder / name, known)
            yield folder

    def _hash(self, name: str) -> Digests | Fault:
        """The digests of a service's files, or why there are none."""
        if name not in self._hashed:
            with self._lock:
                found = self._read_digests(name)
                self._unchanged(name)
                self._hashed[name] = found
        return self._hashed[name]

    def _read_digests(self, name: str) -> Digests | Fault:
        try:
            return _digests(self.folder / name, self._services[name].files)
        except Exception as error:  # noqa: BLE001 - see the top
            return _unexpected(error)

    def _check(self, name: str) -> _Checked:
        if name not in self._checked:
            # Taken service by service: who needs one does not wait for who wants all.
            with self._lock:
                if name not in self._checked:
                    digests = self._hashed.get(name) or self._read_digests(name)
                    found = self._judged(name, digests)
                    self._unchanged(name)
                    self._hashed[name] = digests
                    self._checked[name] = found
        return self._checked[name]

    def _judged(self, name: str, digests: Digests | Fault) -> _Checked:
        """Judge one service, once all were compared: its policy, as the core says, its files."""
        service, read, policy = self.folder / name, self._services[name], self.comparable(name)
        if isinstance(digests, Fault):
            return _Checked((digests,), "")
        told = self._parsed.broken.get(name, ())
        own = (read.fault,) if read.fault else _placed(service, told)
        read_file = reading_once(service)
        try:
            found: list[Fault] = []
            if policy is not None:
                found = [
                    *template_faults(service, policy, read_file),
                    *input_faults(service, policy),
                    *golden_faults(service, policy),
                ]
            template = _template(service, digests, policy, read_file)
        except Exception as error:  # noqa: BLE001 - see the top
            return _Checked((*own, _unexpected(error)), "")
        return _Checked((*own, *found), template, name in self._parsed.contested and not found)

    def _unchanged(self, name: str) -> None:
        """Raise `ChangedError` where what was just read is not of this state."""
        if self._prints is None:
            # A copy that nobody changes, until it goes with all that was in it.
            same = self.folder.is_dir()
        else:
            same = service_print(self.folder / name) == self._prints[name]
        if not same:
            raise ChangedError(name)


def _read(service: Path, known: Sequence[str]) -> tuple[_Service, ServiceFolder]:
    """Whatever the files hold and whatever reading them raises is a fault of this service alone.

    `known` are its files where somebody has just listed them.
    """
    name, files = service.name, known
    try:
        files = known or files_of(service)
        if POLICY_FILE not in files and (meant := misspelt(service)):
            fault = Fault(meant, f"The policy must be named {POLICY_FILE}: rename this file.")
            return _unusable(name, files, fault)
        document = _policy(service).value
        return _Service(files, _model(document)), ServiceFolder(name, document, frozenset(files))
    except YamlFaultError as error:
        return _unusable(name, files, Fault(POLICY_FILE, str(error), line=error.line))
    except ServicesUnavailableError as error:
        return _unusable(name, [], Fault(POLICY_FILE, str(error)))
    except Exception as error:  # noqa: BLE001 - see above
        return _unusable(name, [], _unexpected(error))


def _policy(service: Path) -> Document:
    with (service / POLICY_FILE).open("rb") as file:
        return read_policy_yaml(file.read(MAX_POLICY_BYTES + 1))


def _unusable(name: str, files: Sequence[str], fault: Fault) -> tuple[_Service, ServiceFolder]:
    return _Service(files, None, fault), ServiceFolder(name, None, (), (fault.sentence,))


def _unexpected(error: Exception) -> Fault:
    kind = type(error).__name__
    what = error.strerror if isinstance(error, OSError) else None
    return Fault(POLICY_FILE, f"This service cannot be read ({what or kind}): repair its files.")


def _placed(service: Path, told: Sequence[tuple[str, str]]) -> tuple[Fault, ...]:
    """The core's faults with their lines: those of a few files are read again for that."""
    lines: Mapping[str, int] = {}
    if told:
        try:
            lines = _policy(service).lines
        except Exception:  # noqa: BLE001 - the fault counts without its line
            lines = {}
    found = []
    for place, sentence in told:
        field = place.removeprefix(shown_place(f"{service.name}/{POLICY_FILE}")).removeprefix(": ")
        found.append(Fault(POLICY_FILE, sentence, field, line_of(lines, field)))
    return tuple(found)


def _template(service: Path, digests: Digests, policy: Policy | None, read: ReadFile) -> str:
    tests: list[str] = []
    if policy is not None:
        tests = [each.file for each in policy.validate.requests]
        tests += golden_files(service, policy)
    counted = template_files(read, digests, tests)
    return _combined({name: digest for name, digest in digests.items() if name in counted})


def _model(document: Any) -> str | None:
    """The model that a policy file names, even where the file has faults."""
    named = document.get("model") if isinstance(document, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) else None


def _digests(service: Path, files: Sequence[str]) -> Digests:
    return {name: _digest(f"{service}/{name}") for name in files}


def _digest(path: str) -> str:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - of thousands of files
        return hashlib.file_digest(file, "sha256").hexdigest()


def _combined(files: Digests) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{files[name]} {name}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()
