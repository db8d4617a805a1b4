"""What a loopback client needs of Microsoft Entra: a managed-identity token endpoint.

`IDENTITY_ENDPOINT=https://127.0.0.1:PORT/msi` with `IDENTITY_HEADER=<secret>` makes
`DefaultAzureCredential()` ask here (the App Service managed-identity protocol, api-version
2019-08-01; measured with azure-identity 1.27.0). Tokens are signed JWTs whose claims Azurite's
`--oauth basic` accepts: it wants `iat`, `nbf`, `exp`, an `iss` that starts with
`https://sts.windows.net/`, and the storage audience; it does not check the signature
(Azurite 3.37.0, BlobTokenAuthenticator.js).
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from aiohttp import web

TOKEN_LIFETIME = timedelta(hours=24)
"""As for managed identities; azure-core asks again five minutes before the end."""

CLOCK_ALLOWANCE = timedelta(minutes=5)
"""Tokens become valid this long before they are made."""

TENANT_ID = str(uuid5(NAMESPACE_DNS, "tenant.localazure"))
ISSUER = f"https://sts.windows.net/{TENANT_ID}/"
API_VERSION = "2019-08-01"
SECRET_HEADER = "X-IDENTITY-HEADER"  # noqa: S105 - the name of a header, not its value

ARM_AUDIENCE = "https://management.azure.com"
STORAGE_AUDIENCE = "https://storage.azure.com"
SCORING_AUDIENCE = "https://ml.azure.com"
LOGS_AUDIENCE = "https://api.loganalytics.io"


class InvalidTokenError(Exception):
    """The token was not issued here, has expired, or is for another audience."""


@dataclass(frozen=True)
class Claims:
    """What a valid token says: its audience, and the principal's name."""

    audience: str
    principal: str
    expires: datetime


def object_id_of(principal: str) -> str:
    """Return a principal's object id: the same name always has the same id."""
    return str(uuid5(NAMESPACE_DNS, f"{principal}.principal.localazure"))


@dataclass(frozen=True)
class TokenAuthority:
    """Makes tokens and reads them back. One per local Azure; the key never leaves it."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def mint(self, audience: str, principal: str) -> tuple[str, datetime]:
        """Return a token for `audience` (no trailing slash) and the moment it expires."""
        now = self.clock()
        expires = now + TOKEN_LIFETIME
        claims = {
            "aud": audience,
            "iss": ISSUER,
            "iat": _epoch(now),
            "nbf": _epoch(now - CLOCK_ALLOWANCE),
            "exp": _epoch(expires),
            "tid": TENANT_ID,
            "oid": object_id_of(principal),
            "sub": object_id_of(principal),
            "app_displayname": principal,
            "ver": "1.0",
        }
        signed = f"{_encode({'typ': 'JWT', 'alg': 'HS256'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}", expires

    def read(self, token: str, audiences: Collection[str]) -> Claims:
        """Return what `token` says.

        Raises:
            InvalidTokenError: the token is invalid; answer 401 with the text.
        """
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            raise InvalidTokenError("The access token was not issued by this local Azure.")
        claims = _decode(signed.partition(".")[2])
        if claims["aud"].rstrip("/") not in audiences:
            raise InvalidTokenError(
                f"The access token is for {claims['aud']}, which is not one of "
                f"{', '.join(sorted(audiences))}."
            )
        expires = datetime.fromtimestamp(claims["exp"], UTC)
        if self.clock() > expires:
            raise InvalidTokenError("The access token has expired.")
        return Claims(claims["aud"], claims["app_displayname"], expires)

    def _signature(self, signed: str) -> str:
        return _base64url(hmac.digest(self._key, signed.encode(), hashlib.sha256))


@dataclass(frozen=True)
class TokenEndpoint:
    """The managed-identity endpoint: `GET ?api-version=2019-08-01&resource=...`.

    `principals` maps the secret in `X-IDENTITY-HEADER` to the principal it stands for, so that
    two processes can be two identities with different rights.
    """

    authority: TokenAuthority
    principals: Mapping[str, str]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one token request; 401 for an unknown secret, 400 for a malformed one."""
        principal = self.principals.get(request.headers.get(SECRET_HEADER, ""))
        if principal is None:
            return _refusal(401, f"Send the secret of a known identity in {SECRET_HEADER}.")
        version, resource = request.query.get("api-version"), request.query.get("resource", "")
        if version != API_VERSION:
            return _refusal(400, f"api-version must be {API_VERSION}, not {version!r}.")
        if not resource:
            return _refusal(400, "The query parameter 'resource' is required.")
        token, expires = self.authority.mint(resource.rstrip("/"), principal)
        return web.json_response(
            {
                "access_token": token,
                "expires_on": str(_epoch(expires)),
                "expires_in": str(int(TOKEN_LIFETIME.total_seconds())),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": object_id_of(principal),
            }
        )


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _encode(claims: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(claims, separators=(",", ":")).encode())


def _decode(part: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError) as error:
        raise InvalidTokenError("The access token is not a JWT.") from error
    return claims
