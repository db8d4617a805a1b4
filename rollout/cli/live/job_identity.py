"""Who a pipeline's job is, for longer than its sign-in lasts.

A rollout takes hours, a token lasts one or so, and what `az login` got by a federated identity can
be exchanged for minutes only. The host gives a new one to a job that asks: GitHub at
`ACTIONS_ID_TOKEN_REQUEST_URL`, Azure Pipelines through `AzurePipelinesCredential`.
"""

import json
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rollout.addresses import is_safe_url
from rollout.cli.live.opener import OPENER

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

AUDIENCE = "api://AzureADTokenExchange"
"""Whom Microsoft Entra takes such tokens from."""

CALL_SECONDS = 20.0
MAX_ANSWER_BYTES = 64 * 1024
_GITHUB = (
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)
_AZURE = (
    "AZURESUBSCRIPTION_TENANT_ID",
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_OIDCREQUESTURI",
)
"""What the task AzureCLI@2 sets, and what the template passes on."""


class NoIdentityError(Exception):
    """The host gave no token; the message says what to do."""


def job_credential(environment: Mapping[str, str]) -> "TokenCredential | None":
    """Return the credential of the job that this is; None where it is none, or has no identity."""
    found = _values(environment, _GITHUB)
    if found is not None:
        from azure.identity import ClientAssertionCredential  # noqa: PLC0415 - it is slow

        tenant, client, url, token = found
        return ClientAssertionCredential(tenant, client, lambda: github_token(url, token))
    found = _values(environment, _AZURE)
    if found is not None:
        from azure.identity import AzurePipelinesCredential  # noqa: PLC0415

        tenant, client, connection, token, _ = found
        return AzurePipelinesCredential(
            tenant_id=tenant,
            client_id=client,
            service_connection_id=connection,
            system_access_token=token,
        )
    return None


def github_token(url: str, token: str) -> str:
    """Ask GitHub for the job's token.

    Raises:
        NoIdentityError: It gave none.
    """
    if not is_safe_url(url):
        raise NoIdentityError("ACTIONS_ID_TOKEN_REQUEST_URL is not https.")
    joiner = "&" if "?" in url else "?"
    request = urllib.request.Request(  # noqa: S310 - checked: https, or this machine
        f"{url}{joiner}audience={quote(AUDIENCE, safe='')}",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
    )
    try:
        with OPENER.open(request, timeout=CALL_SECONDS) as answer:
            document: Any = json.loads(answer.read(MAX_ANSWER_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", error)
        raise NoIdentityError(
            f"GitHub gave this job no identity ({why}): it needs `permissions: id-token: write`."
        ) from error
    value = document.get("value") if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise NoIdentityError("GitHub's answer has no token.")
    return value


def _values(environment: Mapping[str, str], names: tuple[str, ...]) -> list[str] | None:
    found = [environment.get(name, "").strip() for name in names]
    # A macro without a value stays as written: the job has no such variable.
    return found if all(value and not value.startswith("$(") for value in found) else None
