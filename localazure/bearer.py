"""The shape of a bearer token, for services that leave its content to the identity provider."""

_JWT_PARTS = 3


def bearer_token(authorization: str) -> str | None:
    """Return the token in an `Authorization` header, or `None` without one."""
    scheme, _, credential = authorization.partition(" ")
    return credential.strip() or None if scheme.lower() == "bearer" else None


def has_token_shape(token: str) -> bool:
    """Say whether this looks like a JWT: three parts, none empty. Nothing is verified."""
    parts = token.split(".")
    return len(parts) == _JWT_PARTS and all(parts)
