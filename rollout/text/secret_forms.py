"""Forms of secrets that are known by where they stand, or by how their issuer marks them.

As in `redaction`, each takes time in proportion to the text: a repetition is bounded, or possessive
and begun only where its run begins. The group `name` is kept, the rest is hidden.
"""

import re

_NAMES = (
    r"(?:pass(?:word|wd|phrase|wort)|kennwort|pwd|secret|credentials?|connection[_-]?string"
    r"|identity[_-]header|arraffinity(?:samesite)?|api[_-]?key|access[_-]?key|token)"
)
_GAP = r"\\{0,3}[\"']?\s{0,8}"
"""What may stand between a name and its sign: quotes, also escaped, and blanks."""

_HAS_DIGIT = r"(?=[A-Za-z_.+/~-]{0,64}[0-9])"
"""Words of a sentence have none; a random secret of this length has one."""

HIDING_PLACES = str.maketrans(
    # What nobody sees inside a name would hide it from the patterns, and so would wide letters.
    dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), None)
    | {0xFF01 + offset: 0x21 + offset for offset in range(94)}
)

FORMS = (
    # Marked by their issuer: GitHub, GitLab, Slack, Stripe, OpenAI, Hugging Face, npm, PyPI, ...
    re.compile(
        r"(?<![\w-])(?:gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|[rs]k_(?:live|test)_|sk-|hf_"
        rf"|AIza|npm_|pypi-|SG\.){_HAS_DIGIT}[\w.-]{{16,}}+"
    ),
    re.compile(r"(?<![\w-])dapi[0-9a-f]{32}+(?:-[0-9])?"),
    re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    # Azure's own: an app's secret in Entra, keys of Functions, registries, Event Hubs, Service Bus.
    re.compile(r"(?<![\w.~-])[\w.-]{1,4}Q~[\w.~-]{20,}+"),
    re.compile(r"(?<![\w-])[\w-]{30,80}?AzFu[\w-]{4,16}={0,2}"),
    re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{30,60}?\+ACR[A-Za-z0-9]{6,16}"),
    re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])"),
    # AWS: 40 characters of base64 with everything in them; a path would have dots or fewer kinds.
    re.compile(
        r"(?<![\w+/.=-])(?=[A-Za-z0-9]{0,39}[+/])(?=[A-Za-z+/]{0,39}[0-9])(?=[A-Z0-9+/]{0,39}[a-z])"
        r"(?=[a-z0-9+/]{0,39}[A-Z])[A-Za-z0-9+/]{40}(?![\w+/.=-])"
    ),
    # Headers. Of a cookie every part may be the session.
    re.compile(rf"(?i)(?P<name>\b(?:set-)?cookie{_GAP}[:=]\s{{0,8}})[^\n\"']++"),
    re.compile(rf"(?i)(?P<name>\baeg-sas-token{_GAP}[:=]\s{{0,8}}[\"']?)[^\s\"']++"),
    re.compile(r"(?i)(?P<name>[\"']auth[\"']\s{0,8}[:=]\s{0,8}[\[(])[^\])\n]++"),
    # Addresses whose path is the secret, and a URL with a token where its user would be.
    re.compile(
        r"(?i)(?P<name>hooks\.slack\.com/(?:services|workflows)/|webhook\.office\.com/webhookb2/"
        r"|discord(?:app)?\.com/api/webhooks/)[^\s\"'<>]++"
    ),
    re.compile(r"(?<=://)[^/\s:@\"'<>?#]{8,512}+(?=@)"),
    # YAML blocks, XML elements and attributes, pairs of a name and a value, typed assignments.
    re.compile(
        rf"(?i)(?P<name>{_NAMES}{_GAP}:\s{{0,8}}[>|][+-]?[ \t]{{0,8}}\n[ \t]{{0,64}})[^\n]++"
    ),
    re.compile(rf"(?i)(?P<name><(?:\w{{1,20}}:)?{_NAMES}>)[^<\n]++"),
    re.compile(
        rf"(?i)(?P<name>\b(?:key|name)=\"[^\"\n]{{0,64}}?{_NAMES}\"\s{{1,8}}value=\")[^\"\n]++"
    ),
    re.compile(
        rf"(?i)(?P<name>\"(?:keyName\"\s{{0,8}}:\s{{0,8}}\"[^\"\n]{{0,64}}|name\"\s{{0,8}}:\s{{0,8}}\""
        rf"[^\"\n]{{0,64}}?{_NAMES})\"\s{{0,8}},\s{{0,8}}\"value\"\s{{0,8}}:\s{{0,8}}\")[^\"\n]++"
    ),
    re.compile(rf"(?i)(?P<name>{_NAMES}\s{{0,8}}:[\w.\[\]| ]{{1,40}}=\s{{0,8}}[\"'])[^\"'\n]++"),
    # Command lines.
    re.compile(rf"(?i)(?P<name>(?<![\w-])--[\w-]{{0,40}}?{_NAMES}[ ]{{1,8}}[\"']?)[^\s\"']{{3,}}+"),
    re.compile(r"(?P<name>\bmysql\w{0,10}[ ](?:[^\n]{0,80}?[ ])?-p)[^\s\"']{3,}+"),
    re.compile(r"(?P<name>(?<![\w-])(?:-u|--user)[ =]{1,4}[^\s:\"']{1,64}:)[^\s\"']++"),
    # Names with a sign that the general rule does not take, and values that it would cut short.
    re.compile(
        r"(?i)(?P<name>(?:pass(?:word|wd|phrase|wort)|kennwort|pwd)\s{0,8}(?:=|:(?!\s))\s{0,8})"
        r"(?!(?:none|null|true|false)\b)[^\s\"';\\|>]{3,}+"
        rf"(?:[ ]{_HAS_DIGIT}[^\s\"'<>;=:]{{8,}}+(?![=:]))?"
    ),
    re.compile(
        rf"(?i)(?P<name>{_NAMES}{_GAP}(?:[=:]|->|\bis\b)\s{{0,8}}[\"']?){_HAS_DIGIT}[^\s\"'<>;,]{{8,}}+"
    ),
    re.compile(
        r"(?i)(?P<name>(?:credentials?|connection[_-]?string)\\{0,3}[\"']\s{0,8}[=:]\s{0,8}"
        r"\\{0,3}[\"'])[^\"'\n]++"
    ),
    re.compile(
        rf"(?i)(?P<name>(?<![\w-])(?:key[0-9]?|instrumentationkey){_GAP}[=:]\s{{0,8}}[\"']?)"
        rf"{_HAS_DIGIT}[\w+/=.~-]{{16,}}+"
    ),
)
