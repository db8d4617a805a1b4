"""Text from outside, made safe to keep and show: short, without secrets, without control codes.

Every pattern takes time in proportion to the text: a repetition is bounded, or possessive and
begun only where its run begins.
"""

import re

from rollout.text.secret_forms import FORMS, HIDING_PLACES

LOG_TAIL_CHARACTERS = 8000
"""How much of a container's log is kept: enough for a Python traceback."""

LINE_CHARACTERS = 500
REDACTED = "[redacted]"

INPUT_FACTOR = 4
"""How many times the output's limit is read: redaction and joined blanks shorten a text."""

EDGE_CHARACTERS = 4096
"""How far from a cut to look for a break, so that half a secret is not kept."""

_ANSI = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,64}[@-~]|\][^\x07\x1b]{0,1024}(?:\x07|\x1b\\)?|[@-Z\\-_])"
)
# Everything but tab and line feed; bidirectional marks reorder what is read.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SECRETS = (
    # Private keys; of a block that was cut, the half with either border.
    re.compile(
        r"-----BEGIN[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----"
        r"(?:[\w+/=\\\s:,.()]|-(?!----))*+(?:-----END[A-Z0-9 ]{0,60}-----)?"
    ),
    re.compile(
        r"(?<![A-Za-z0-9+/=\\\s])[A-Za-z0-9+/=\\\s]*+"
        r"-----END[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----"
    ),
    re.compile(r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]++(?:\.[\w-]*+){0,4}"),  # JSON web tokens
    # SAS signatures, and a function's key: "code" is a secret in a query string only.
    re.compile(
        r"(?ix)(?P<name> (?: (?:\b | (?<=\\u0026) | (?<=%26)) sig"
        r" | (?: (?<=[?&\#]) | (?<=&amp;) | (?<=\\u0026) | (?<=%26) | (?<=%3f)) code )"
        r"(?:= | %3d) ) [^&\s\"'<>;\\]++"
    ),
    re.compile(r"(?i)(?<=AccountKey=)[^;\s\"']++"),
    re.compile(r"(?i)(?<=SharedAccessKey=)[^;\s\"']++"),
    re.compile(r"(?i)(?<=SharedAccessSignature=)[^;\s\"']++"),
    re.compile(r"(?i)(?P<name>\bbearer[ ]{1,8})[^\s\"',;\\]++"),
    re.compile(
        r"(?ix)(?P<name> authorization \\{0,3} [\"']? \s{0,8} [=:,] \s{0,8} \\{0,3} b?[\"']?"
        r"(?: (?:basic|negotiate|ntlm|token|apikey|sharedkey|sharedkeylite) [ ]{1,8} ) )"
        r"[^\s\"'\\]++"
    ),
    # The answer to a challenge has several parts, and every one helps to guess the password.
    re.compile(
        r"(?ix)(?P<name> authorization \\{0,3} [\"']? \s{0,8} [=:,] \s{0,8} \\{0,3} b?[\"']?"
        r" digest [ ]{1,8} ) [^\n]++"
    ),
    re.compile(
        r"(?ix)(?P<name> authorization \\{0,3} [\"']? \s{0,8} [=:,] \s{0,8} \\{0,3} b?[\"']? )"
        r"[^\s\"'\\]{16,}+"
    ),
    # User and password in a URL. The password may hold @ and /; a port is not one.
    re.compile(
        r"(?<=://)[^/\s:\"'<>]{0,128}+:(?!\d{1,5}(?:[/?#,\s]|$))[^\s\"'<>]{1,512}(?=@)",
    ),
    re.compile(
        r"(?ix)(?P<name> password|passwd|passphrase|pwd|secret|token|"
        r"(?:api|access|account|primary|secondary|private|shared|client|master)key|"
        r"(?<=[_-])(?:key|pass) )"
        r"(?P<between> \\{0,3} [\"']? \s{0,8} [=:]{1,2} >? \s{0,8} )"
        r"(?: (?P<opened> \\{1,3} \" ) (?: \\\\\\\" | [^\"\\\n] | \\[^\"\n] )++"
        r" | (?P<opened2> \\{1,3} ' ) (?: \\\\\\' | [^'\\\n] | \\[^'\n] )++"
        r" | (?P<opened3> \" ) (?: [^\"\\\n] | \\[^\n] )++"
        r" | (?P<opened4> ' ) (?: [^'\\\n] | \\[^\n] )++"
        r" | (?! (?:none|null|true|false)\b ) [^\s\"',;&}\\] [^\s\"',;&}]{3,}+ )"
    ),
    # A storage account's key is 64 bytes in base64: nothing else in a log looks like it.
    re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])"),
    *FORMS,
)
_KEPT = ("name", "between", "opened", "opened2", "opened3", "opened4")


def safe_tail(text: str, limit: int = LOG_TAIL_CHARACTERS) -> str:
    """Return the last `limit` characters of a log, redacted, whole lines where possible.

    Secrets are removed before the cut, so that no half of one is left at its edge.
    """
    clean = redact(_plain(_end_of(text.rstrip(), limit))).strip()
    if len(clean) <= limit:
        return clean
    tail = clean[-limit:]
    _, newline, rest = tail.partition("\n")
    return rest if newline and rest else tail


def redacted_line(text: str, limit: int = LINE_CHARACTERS) -> str:
    """Return a message as one line of at most `limit` characters, redacted."""
    text = text.strip()
    start = _start_of(text, limit)
    line = " ".join(redact(_plain(start)).split())
    whole = len(start) == len(text)
    return line if whole and len(line) <= limit else f"{line[: limit - 3]}..."


def redact(text: str) -> str:
    """Return `text` with its keys, tokens, signatures and passwords replaced."""
    text = text.translate(HIDING_PLACES)
    for pattern in _SECRETS:
        text = pattern.sub(_hide, text)
    return text


def _hide(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return "".join(groups.get(name) or "" for name in _KEPT) + REDACTED


def _end_of(text: str, limit: int) -> str:
    longest = limit * INPUT_FACTOR + EDGE_CHARACTERS
    if len(text) <= longest:
        return text
    end = text[-longest:]
    edge = end[:EDGE_CHARACTERS]
    after = edge.find("\n") + 1 or edge.find(" ") + 1 or EDGE_CHARACTERS
    return end[after:]


def _start_of(text: str, limit: int) -> str:
    longest = limit * INPUT_FACTOR + EDGE_CHARACTERS
    if len(text) <= longest:
        return text
    inside = longest - EDGE_CHARACTERS
    before = max(text.rfind("\n", inside, longest), text.rfind(" ", inside, longest))
    return text[: before if before >= 0 else inside]


def _plain(text: str) -> str:
    seen = text.translate(HIDING_PLACES)
    without_ansi = _ANSI.sub("", seen.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", without_ansi)
