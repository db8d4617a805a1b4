"""The services zip from a storage account that does not come to an end."""

import pytest

from rollout.adapters.bundle import blob as blob_module
from rollout.adapters.bundle.archive import MAX_ARCHIVE_BYTES
from rollout.adapters.bundle.blob import AzureBundleBlob
from rollout.errors import ServicesUnavailableError
from tests.support.dripping import Dripping

HEAD = (
    b'HTTP/1.1 206 Partial Content\r\nETag: "a"\r\nContent-Length: 100000\r\n'
    b"Content-Range: bytes 0-99999/100000\r\n\r\n"
)


def test_a_bundle_that_drips_is_given_up_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_module, "FETCH_SECONDS", 0.3)
    peer = Dripping(HEAD, b"x")
    url = peer.url.replace("/score", "/account/policies/services.zip?sig=x")
    with pytest.raises(ServicesUnavailableError, match=r"did not arrive within 0\.3 s"):
        AzureBundleBlob.at(url, None).fetch(None, MAX_ARCHIVE_BYTES)
    peer.close()
    assert peer.client_left
