"""The service bundle: policies, template files and sample requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from rollout.core.policy.model import Policy
from rollout.core.records.observation import ServiceSeen
from rollout.ports.examining import ExamRows
from rollout.ports.probing import ProbeInputs


@dataclass(frozen=True)
class FaultyService:
    """A service whose policy cannot be used.

    `model` is the model it names, None where not even that can be read. `faults` are those of
    `InvalidPolicyError`. `claim` is its policy where its only fault is that another service names
    the same endpoint: the endpoint's row says whose it is.
    """

    service: str
    model: str | None
    faults: tuple[tuple[str, str], ...]
    claim: Policy | None = None


@dataclass(frozen=True)
class Catalogue:
    """What the bundle holds; one service's faults do not make another unusable.

    `age` is how long ago its source last confirmed it; None: it is read where it stands.
    """

    policies: Sequence[Policy]
    faulty: Sequence[FaultyService] = ()
    age: timedelta | None = None


class Services(Protocol):
    """The service bundle: policies and template files."""

    def all(self) -> Catalogue:
        """Return every service, usable or not. Raises `ServicesUnavailableError`."""

    def serving(self, model: str) -> Catalogue:
        """Return the services that serve a model (in any case), or may: those of which it is
        unknown. Raises `ServicesUnavailableError`.
        """

    def find(self, name: str) -> Policy | FaultyService | None:
        """Return one service as `all` has it. Raises `ServicesUnavailableError`."""

    def service(self, name: str) -> ServiceSeen:
        """Return one service as it is now; `policy` None when the bundle lacks it.

        A service with a `claim` is returned too: whoever asks for it by the endpoint's row may.

        Raises:
            ServicesUnavailableError: The bundle cannot be read now.
            InvalidPolicyError: This service has another fault.
        """

    def samples(self, name: str, files: Sequence[str]) -> Mapping[str, bytes]:
        """Read sample request files of a service, whatever its present policy says.

        Raises:
            ServicesUnavailableError: The bundle, the service or a file is missing now.
        """

    def probe_inputs(self, policy: Policy, first: int, pairs: int) -> ProbeInputs:
        """Read the inputs of `pairs` pairs from number `first` on, as a frozen policy names them.

        Raises:
            ServicesUnavailableError: They cannot be read now, or there are none.
        """

    def contract_inputs(self, policy: Policy, most: int) -> ExamRows:
        """Read up to `most` distinct inputs, of a frozen policy's samples, probes and golden set.

        Raises:
            ServicesUnavailableError: They cannot be read now.
        """

    def golden_rows(self, policy: Policy, template: str, first: int, count: int) -> ExamRows:
        """Read rows of a frozen policy's golden set, from number `first` on, from 0.

        `template` is the digest that the service's template must still have.

        Raises:
            ServicesUnavailableError: They cannot be read now, or it has another.
        """
