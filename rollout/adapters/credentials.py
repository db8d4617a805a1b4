"""The app's identity, built when the first token is needed: its import alone is slow."""

from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, AccessTokenInfo
    from azure.identity import DefaultAzureCredential


class AppCredential:
    """One `DefaultAzureCredential` for the whole process, safe for several threads.

    With `AZURE_CLIENT_ID` set, that user-assigned identity is used.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: DefaultAzureCredential | None = None

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        """Return a token, as `azure.core.credentials.TokenCredential` says."""
        return self._credential().get_token(*scopes, **options)

    def get_token_info(self, *scopes: str, **options: Any) -> "AccessTokenInfo":
        """Return a token, as `azure.core.credentials.SupportsTokenInfo` says."""
        return self._credential().get_token_info(*scopes, **options)

    def _credential(self) -> "DefaultAzureCredential":
        with self._lock:
            if self._made is None:
                from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - see above

                self._made = DefaultAzureCredential()
            return self._made
