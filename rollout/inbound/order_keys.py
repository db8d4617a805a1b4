"""`Idempotency-Key`: what its sender calls an order, so that it may be sent again safely.

The IETF's draft-ietf-httpapi-idempotency-key-header-07 writes the value as a string of RFC 8941, in
quotation marks; many clients send it bare, and both mean the same here. Its answers are kept: 400
for a key that cannot be one, 422 for a key that came with another request.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from rollout.core.records.orders import OrderKey
from rollout.errors import InvalidInputError
from rollout.inbound.principal import Caller

HEADER = "idempotency-key"
MOST_CHARACTERS = 64
PATTERN = rf"[A-Za-z0-9._:~+/=@-]{{1,{MOST_CHARACTERS}}}"
"""A UUID is one, and so is what a pipeline calls its run. No comma: the host joins headers with it.
"""

_KEY = re.compile(rf'"({PATTERN})"|({PATTERN})')


def order_key(
    headers: Mapping[str, str], order: str, given: Mapping[str, Any], sender: Caller
) -> OrderKey | None:
    """Read the key of an order; None where it has none.

    Args:
        headers: The request's headers, names in lower case.
        order: What is ordered, and of whom: its verb and what its route names.
        given: Its body.
        sender: Who sends it. Another sender's order is another order.

    Raises:
        InvalidInputError: The header holds no key.
    """
    value = headers.get(HEADER)
    if value is None:
        return None
    found = _KEY.fullmatch(value.strip())
    if found is None:
        raise InvalidInputError(
            f"Idempotency-Key must be 1 to {MOST_CHARACTERS} letters, digits or ._:~+/=@- , such "
            "as a UUID, and be there once: a new one for each order, the same one where an order "
            "is sent again."
        )
    said = [order, given, sender.subject or sender.actor]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return OrderKey(found[1] or found[2], hashlib.sha256(text.encode()).hexdigest())
