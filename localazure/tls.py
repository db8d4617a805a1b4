"""A certificate authority made at start, and one server certificate under it.

azure-core refuses to send a bearer token over plain http, so everything local speaks https. The
authority lives in one folder and nowhere else: nothing is installed in the machine's trust store,
and settings point clients to it (`REQUESTS_CA_BUNDLE`, or `connection_verify=`).
"""

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=30)
"""How long authority and server certificate are valid; every start makes new ones."""

CLOCK_ALLOWANCE = timedelta(hours=1)
"""Validity begins this long before now, for containers whose clock is a little behind."""

HOST_NAMES = ("localhost",)
HOST_ADDRESSES = ("127.0.0.1",)


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: the authority clients trust, and the server's chain and private key."""

    authority: Path
    certificate: Path
    key: Path

    def client_environment(self) -> dict[str, str]:
        """Variables that make the Azure SDKs, requests and Node trust the authority.

        `REQUESTS_CA_BUNDLE` *replaces* the public roots in requests (measured with
        azure-ai-ml 1.35.2), so give these to development processes only.
        """
        path = str(self.authority)
        return {"REQUESTS_CA_BUNDLE": path, "SSL_CERT_FILE": path, "NODE_EXTRA_CA_CERTS": path}


def issue(folder: Path) -> TlsFiles:
    """Make an authority and a loopback server certificate in `folder` (created if absent).

    The authority's private key is never written, so it cannot sign anything else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key, now)
    server = _server_certificate(server_key, authority, authority_key, now)
    files = TlsFiles(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    authority_pem = authority.public_bytes(serialization.Encoding.PEM)
    files.authority.write_bytes(authority_pem)
    files.certificate.write_bytes(server.public_bytes(serialization.Encoding.PEM) + authority_pem)
    _write_private(
        files.key,
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    return files


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the context for a loopback https server."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    return context


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the context for a client that trusts only this authority."""
    return ssl.create_default_context(cafile=files.authority)


def _write_private(path: Path, content: bytes) -> None:
    # Opened with its final mode: before a later chmod, every user could read it for a moment.
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_ALLOWANCE)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    # Python 3.13 verifies strictly: without key usage and key identifiers it refuses the chain.
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("localazure authority")
    return (
        _builder(key, now)
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    names = [
        *(x509.DNSName(name) for name in HOST_NAMES),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in HOST_ADDRESSES),
    ]
    return (
        _builder(key, now)
        .subject_name(_name("localazure"))
        .issuer_name(authority.subject)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
