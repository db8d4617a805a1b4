"""Text from outside, made safe to keep and show: short, without secrets, without control codes."""

import re

LOG_TAIL_CHARACTERS = 8000
"""How much of a container's log is kept: enough for a Python traceback."""

LINE_CHARACTERS = 500
REDACTED = "[redacted]"

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Everything but tab and line feed; bidirectional marks reorder what a person reads.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SECRETS = (
    re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"),  # JSON web tokens
    re.compile(r"(?i)(?<=[?&]sig=)[^&\s\"']+"),  # SAS signatures
    re.compile(r"(?i)\b(?<=AccountKey=)[^;\s\"']+"),
    re.compile(r"(?i)(?<=SharedAccessKey=)[^;\s\"']+"),
    re.compile(r"(?i)(?<=SharedAccessSignature=)[^;\s\"']+"),
    re.compile(r"(?i)(?<=\bbearer )[^\s\"',;]+"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user and password in a URL
    re.compile(
        r"(?ix)(?<![a-z0-9]) (?P<name> [a-z0-9_.-]* (?:password|passwd|pwd|secret|token|"
        r"api[_-]?key|access[_-]?key|account[_-]?key|primary[_-]?key|secondary[_-]?key) )"
        r"(?P<between> [\"']? \s* [=:] \s* [\"']? ) (?P<value> [^\s\"',;&}]{4,} )"
    ),
    # A storage account's key is 64 bytes in base64: nothing else in a log looks like it.
    re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])"),
)


def safe_tail(text: str, limit: int = LOG_TAIL_CHARACTERS) -> str:
    """Return the last `limit` characters of a log, redacted, whole lines where possible.

    Secrets are removed before the cut, so that no half of one is left at its edge.
    """
    clean = redact(_plain(text)).strip()
    if len(clean) <= limit:
        return clean
    tail = clean[-limit:]
    _, newline, rest = tail.partition("\n")
    return rest if newline and rest else tail


def one_line(text: str, limit: int = LINE_CHARACTERS) -> str:
    """Return a message as one line of at most `limit` characters, redacted."""
    line = " ".join(redact(_plain(text)).split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def redact(text: str) -> str:
    """Return `text` with keys, tokens, signatures and passwords replaced."""
    for pattern in _SECRETS:
        text = pattern.sub(_hide, text)
    return text


def _hide(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return f"{groups.get('name', '')}{groups.get('between', '')}{REDACTED}"


def _plain(text: str) -> str:
    without_ansi = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", without_ansi)
