"""How a query is refused: 400 with nested errors, as the query API words them.

The shape was seen in GitHub MicrosoftDocs/feedback#1792; `SEM0100` is the code of a name that
cannot be resolved (CDCgov/prime-reportstream#11773).
"""

from typing import Any


class QueryError(Exception):
    """The query cannot be run. The message says why."""

    kind = "SemanticError"
    summary = "A semantic error occurred."

    def __init__(self, message: str, code: str = "SEM0001") -> None:
        super().__init__(message)
        self.code = code

    def document(self) -> dict[str, Any]:
        """Return the error document."""
        return {
            "error": {
                "message": "The request had some invalid properties",
                "code": "BadArgumentError",
                "innererror": {
                    "code": self.kind,
                    "message": self.summary,
                    "innererror": {"code": self.code, "message": str(self)},
                },
            }
        }


class QuerySyntaxError(QueryError):
    """The text is outside the subset of the language that is supported here."""

    kind = "SyntaxError"
    summary = "A recognition error occurred in the query."

    def __init__(self, message: str) -> None:
        super().__init__(message, "SYN0002")


class UnresolvedError(QueryError):
    """A name that means nothing: a table, a column or a function."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "SEM0100")
