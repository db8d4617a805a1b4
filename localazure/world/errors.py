"""How the world refuses: one error class, with what the wire needs to report it."""


class ArmError(Exception):
    """A refusal: HTTP `status`, ARM error `code` and a sentence.

    Whether Azure chooses 400 or 409 in each case, and its exact codes, were never checked against
    Azure; callers must not tell cases apart by them.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str, code: str = "BadArgument") -> ArmError:
    """Return the refusal of a request that will never be accepted as it stands (400)."""
    return ArmError(400, code, message)


def conflict(message: str) -> ArmError:
    """Return the refusal of a request that may be accepted later (409)."""
    return ArmError(409, "Conflict", message)


def not_found(what: str) -> ArmError:
    """Return the answer for something that does not exist (404)."""
    return ArmError(404, "ResourceNotFound", f"{what} was not found.")
