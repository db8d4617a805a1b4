"""The `Services` port: a folder, or a zip in a blob container, read again when it changes."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rollout.adapters.bundle.golden_rows import contract_rows, golden_rows
from rollout.adapters.bundle.probe_inputs import probe_inputs
from rollout.adapters.bundle.snapshot import ChangedError, Snapshot
from rollout.adapters.bundle.sources import Source
from rollout.adapters.bundle.walking import ServicePrint, readable, service_names, service_print
from rollout.core.policy.model import Policy, WorkspaceName
from rollout.core.records.observation import ServiceSeen
from rollout.errors import InvalidPolicyError, ServicesUnavailableError
from rollout.ports import Catalogue, ExamRows, FaultyService, ProbeInputs

MAX_SAMPLE_BYTES = 1024 * 1024
"""The largest request body that validation sends."""

STATES_TRIED = 3
"""How often a question begins again because files changed while it was answered."""


class ServiceBundle:
    """`rollout.ports.Services` over a source; safe for several threads.

    Args:
        source: Where the files are.
        own: The app's workspace, to notice two services that name one endpoint in two ways.
        clock: Seconds that only go on.
    """

    def __init__(
        self,
        source: Source,
        own: WorkspaceName | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._own = own
        self._lock = threading.Lock()
        self._clock = clock
        self._looked_at = 0.0
        self._held: _Held | None = None

    def all(self) -> Catalogue:
        """Every service, by name, and apart from them those with a fault.

        Raises:
            ServicesUnavailableError: No bundle can be read now.
        """
        return replace(self._asked(_Held.everyone), age=self._source.age())

    def serving(self, model: str) -> Catalogue:
        """The services that serve a model, in any case, and those of which that cannot be known.

        Raises:
            ServicesUnavailableError: No bundle can be read now.
        """
        found = self._asked(lambda held: held.catalogue(held.read.naming(model)))
        return replace(found, age=self._source.age())

    def find(self, name: str) -> Policy | FaultyService | None:
        """One service's policy, or what is wrong with it; None where the bundle lacks it.

        Raises:
            ServicesUnavailableError: No bundle can be read now.
        """
        return self._asked(lambda held: held.find(name))

    def service(self, name: str) -> ServiceSeen:
        """One service as it is now; another service's faults do not matter here.

        Raises:
            ServicesUnavailableError: No bundle can be read now.
            InvalidPolicyError: This service has a fault, other than that another names its
                endpoint.
        """
        return self._asked(lambda held: held.seen(name))

    def samples(self, name: str, files: Sequence[str]) -> Mapping[str, bytes]:
        """The service's sample requests of these names: those of a frozen policy.

        Raises:
            ServicesUnavailableError: The bundle has no such service, a file cannot be read, or is
                larger than MAX_SAMPLE_BYTES.
        """
        folder = self.folder_of(name)
        return {file: _sample(folder / file) for file in files}

    def probe_inputs(self, policy: Policy, first: int, pairs: int) -> ProbeInputs:
        """The inputs of these pairs, as a frozen policy names them and the bundle has them now.

        Raises:
            ServicesUnavailableError: The bundle has no such service, or nothing there can be sent.
        """
        return probe_inputs(self.folder_of(policy.service), policy, first, pairs)

    def contract_inputs(self, policy: Policy, most: int) -> ExamRows:
        """Up to `most` inputs that a contract is learnt from, as a frozen policy names them.

        Raises:
            ServicesUnavailableError: The bundle has no such service, or they cannot be read.
        """
        with _of_service("The inputs"):
            return contract_rows(self.folder_of(policy.service), policy, most)

    def golden_rows(self, policy: Policy, template: str, first: int, count: int) -> ExamRows:
        """Rows of the golden set that a frozen policy names, whose template has this digest.

        Raises:
            ServicesUnavailableError: The bundle has no such service, another template now, or a
                file cannot be read.
        """
        golden = policy.quality.golden if policy.quality is not None else None
        folder = self.folder_of(policy.service)
        if golden is None or self._template(policy.service) != template:
            raise ServicesUnavailableError(f"{policy.service} has another golden set now.")
        with _of_service("The golden set"):
            return golden_rows(folder, golden, first, count)

    def folder_of(self, name: str) -> Path:
        """The folder on disk with the service's Azure ML files.

        Raises:
            ServicesUnavailableError: No bundle can be read, or it has no such service.
        """
        read = self._present().read
        if not read.has(name):
            raise ServicesUnavailableError(f"The services bundle has no service {name!r}.")
        return read.folder / name

    def _template(self, name: str) -> str | None:
        """The digest of a service's template; None where the bundle lacks the service."""
        return self._asked(lambda held: held.read.template(name) if held.read.has(name) else None)

    def _asked[Answer](self, question: Callable[["_Held"], Answer]) -> Answer:
        """Answer from one state of the bundle, and from the next where files changed meanwhile."""
        for _ in range(STATES_TRIED):
            held = self._present()
            try:
                return question(held)
            except ChangedError:
                self._drop(held)
        raise ServicesUnavailableError(
            "The services folder changes while it is read: try again when that is over."
        )

    def _drop(self, held: "_Held") -> None:
        with self._lock:
            if self._held is held:
                self._held = None

    def _present(self) -> "_Held":
        with self._lock:
            folder, now = self._source.folder(), self._clock()
            still = now - self._looked_at < self._source.still_for
            # With many services, looking through their files is most of what a list costs.
            if self._held is not None and self._held.read.folder == folder and still:
                return self._held
            prints = _prints(folder) if self._source.changes else None
            self._looked_at = now
            held = self._held
            if held is None or held.read.folder != folder or held.prints != prints:
                read = Snapshot(folder, self._own, prints=prints)
                self._held = held = _Held(read, prints)
            return held


class _Held:
    """A state of the bundle, with what was asked of it before."""

    def __init__(self, read: Snapshot, prints: Mapping[str, ServicePrint] | None) -> None:
        self.read = read
        self.prints = prints
        self._everyone: Catalogue | None = None

    def everyone(self) -> Catalogue:
        """The whole catalogue, made once; its sequences are shared and not changed."""
        if self._everyone is None:
            self._everyone = self.catalogue(self.read.names)
        return self._everyone

    def catalogue(self, names: Iterable[str]) -> Catalogue:
        found = [self.find(name) for name in names]
        return Catalogue(
            [each for each in found if isinstance(each, Policy)],
            [each for each in found if isinstance(each, FaultyService)],
        )

    def find(self, name: str) -> Policy | FaultyService | None:
        read = self.read
        if not read.has(name):
            return None
        if policy := read.policy(name):
            return policy
        told = tuple(fault.pair(name) for fault in read.faults(name))
        return FaultyService(name, read.model(name), told, read.claim(name))

    def seen(self, name: str) -> ServiceSeen:
        read, found = self.read, self.find(name)
        if isinstance(found, FaultyService):
            if found.claim is None:
                raise InvalidPolicyError(found.faults)
            found = found.claim
        return ServiceSeen(
            policy=found,
            template_digest=read.template(name) if read.has(name) else "",
            bundle_digest=read.digest,
            inputs=0 if found is None else read.inputs(name, found),
        )


def _prints(folder: Path) -> Mapping[str, ServicePrint]:
    with readable():
        return {name: service_print(folder / name) for name in service_names(folder)}


@contextmanager
def _of_service(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServicesUnavailableError(f"{what} cannot be read ({error.strerror}).") from error


def _sample(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SAMPLE_BYTES + 1)
    except OSError as error:
        raise ServicesUnavailableError(
            f"The sample request {path.name} cannot be read ({error.strerror})."
        ) from error
    if len(content) > MAX_SAMPLE_BYTES:
        raise ServicesUnavailableError(
            f"The sample request {path.name} is larger than {MAX_SAMPLE_BYTES // 1024} KiB."
        )
    return content
