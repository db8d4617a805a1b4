"""The real things under contract: Azurite, and the local control plane over https."""

from collections.abc import Iterator

import pytest

from localazure.azurite import Azurite
from localazure.tls import TlsFiles, issue


@pytest.fixture(scope="session")
def local_tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return issue(tmp_path_factory.mktemp("contract-tls"))


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite() as running:
        yield running
