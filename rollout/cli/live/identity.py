"""What proves who asks: a function key in a header, and a token where the app has a sign-in."""

import os
from collections.abc import Mapping

from rollout.cli.live.job_identity import NoIdentityError, job_credential
from rollout.cli.live.place import Place, PlaceError

KEY_HEADER = "x-functions-key"
_SCOPE = "api://{client_id}/.default"


def headers_for(place: Place) -> Mapping[str, str]:
    """Return the headers that an app needs; neither is ever part of an address, which logs keep.

    The token is for the application that the user names, never for one that an answer names: an
    app could otherwise ask for a token of somebody else's.

    Raises:
        PlaceError: No token can be had.
    """
    found = {}
    if place.key:
        found[KEY_HEADER] = place.key
    if place.client_id:
        found["Authorization"] = f"Bearer {_token(place.client_id)}"
    return found


def _token(client_id: str) -> str:
    # It takes half a second to import, and most installations work with a key.
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415
    from azure.identity import CredentialUnavailableError, DefaultAzureCredential  # noqa: PLC0415

    try:
        credential = job_credential(os.environ) or DefaultAzureCredential()
        return credential.get_token(_SCOPE.format(client_id=client_id)).token
    except NoIdentityError as error:
        raise PlaceError(str(error)) from error
    except (ClientAuthenticationError, CredentialUnavailableError) as error:
        first = str(error).strip().splitlines()[0]
        raise PlaceError(f"There is no token for {client_id}; run `az login`: {first}") from error
