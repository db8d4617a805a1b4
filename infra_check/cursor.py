"""A place in a run of tokens, and the steps every parser takes from it."""

from infra_check.findings import BicepSyntaxError
from infra_check.nodes import Span
from infra_check.tokens import END, MARK, NAME, NEWLINE, Token


class Cursor:
    """Reads tokens in order. Within parentheses newlines are skipped, elsewhere they are seen."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._quiet: list[bool] = [False]

    @property
    def token(self) -> Token:
        if self._quiet[-1]:
            self.skip_newlines()
        return self._tokens[self._at]

    @property
    def end_of_last(self) -> int:
        return self._tokens[self._at - 1].span.end if self._at else 0

    def take(self) -> Token:
        token = self.token
        self._at += token.kind != END
        return token

    def peek(self, steps: int) -> Token:
        """The token `steps` further on, newlines counted."""
        return self._tokens[min(self._at + steps, len(self._tokens) - 1)]

    def at_mark(self, *marks: str) -> bool:
        return self.token.kind == MARK and self.token.text in marks

    def at_word(self, *words: str) -> bool:
        return self.token.kind == NAME and self.token.text in words

    def accept(self, mark: str) -> bool:
        if not self.at_mark(mark):
            return False
        self.take()
        return True

    def expect(self, mark: str) -> Token:
        if not self.at_mark(mark):
            raise self.fault(f"{mark!r} is expected")
        return self.take()

    def expect_word(self, word: str) -> Token:
        if not self.at_word(word):
            raise self.fault(f"{word!r} is expected")
        return self.take()

    def name(self) -> Token:
        if self.token.kind != NAME:
            raise self.fault("a name is expected")
        return self.take()

    def skip_newlines(self) -> None:
        while self._tokens[self._at].kind == NEWLINE:
            self._at += 1

    def mark_after_newlines(self, mark: str) -> bool:
        """Whether the next token other than a newline is this mark; if so, move to it."""
        ahead = self._at
        while self._tokens[ahead].kind == NEWLINE:
            ahead += 1
        if self._tokens[ahead].kind != MARK or self._tokens[ahead].text != mark:
            return False
        self._at = ahead
        return True

    def enter(self, *, quiet: bool) -> None:
        """Enter a bracket; `quiet`: newlines within it are ignored."""
        self._quiet.append(quiet)

    def leave(self, mark: str) -> Token:
        """Take the closing bracket."""
        if self._quiet[-1]:
            self.skip_newlines()
        self._quiet.pop()
        return self.expect(mark)

    def fault(self, text: str) -> BicepSyntaxError:
        shown = {NEWLINE: "the line ends", END: "the text ends"}.get(
            self.token.kind, f"{self.token.text!r} stands"
        )
        return BicepSyntaxError(f"{text}, but {shown} here.", self.token.span.start)

    def since(self, start: int) -> Span:
        return Span(start, self.end_of_last)
