"""HTTP routes: ASP.NET route templates, and how the host chooses among them.

The host tries the functions in alphabetical order of their names and takes the first whose
template and methods match, not the most specific one (azure-functions-host,
FunctionMetadataManager.OrderBy). So `items/{id}` in `get_item` hides `items/recent` in
`list_recent`, which `overlap` finds.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)((?::\w+(?:\([^()]*\))?)*)(?:=([^}?]*))?(\?)?\}")
_CONSTRAINT = re.compile(r":(\w+)(?:\(([^()]*)\))?")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_INT_LIMIT = 2**31
_LONG_LIMIT = 2**63


class RouteError(Exception):
    """The route template cannot be served; the text quotes the part and says why."""


def _is_guid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _is_integer(value: str, limit: int) -> bool:
    return re.fullmatch(r"[+-]?\d{1,19}", value) is not None and -limit <= int(value) < limit


_CONSTRAINTS: Mapping[str, Callable[[str, str], bool]] = {
    "int": lambda value, _: _is_integer(value, _INT_LIMIT),
    "long": lambda value, _: _is_integer(value, _LONG_LIMIT),
    "bool": lambda value, _: value.lower() in {"true", "false"},
    "guid": lambda value, _: _is_guid(value),
    "alpha": lambda value, _: re.fullmatch(r"[A-Za-z]*", value) is not None,
    "minlength": lambda value, limit: len(value) >= int(limit),
    "maxlength": lambda value, limit: len(value) <= int(limit),
    "required": lambda value, _: value != "",
}


@dataclass(frozen=True)
class Segment:
    """One part of a template: `literal` (lower case), or a parameter when `literal` is None."""

    literal: str | None = None
    name: str = ""
    constraints: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False

    def accepts(self, value: str) -> bool:
        """Say whether this part matches one decoded path segment."""
        if self.literal is not None:
            return self.literal == value.lower()
        return all(_CONSTRAINTS[kind](value, limit) for kind, limit in self.constraints)

    def meets(self, other: "Segment") -> bool:
        """Say whether one path segment could match both; two parameters always might."""
        if self.literal is not None:
            return other.accepts(self.literal)
        return other.literal is None or self.accepts(other.literal)

    @property
    def may_be_absent(self) -> bool:
        return self.optional or self.default is not None or self.catch_all


@dataclass(frozen=True)
class RouteTemplate:
    """A parsed template; `text` is the whole of it, prefix included, in lower case."""

    text: str
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> "RouteTemplate":
        """Parse e.g. `api/rollouts/{service}/{verb:alpha?}`; outer slashes are ignored.

        Served: one literal or one parameter per segment; the constraints int, long, bool, guid,
        alpha, minlength(n), maxlength(n), required; `?`, `=default` and a last `{*rest}`.

        Raises:
            RouteError: anything else of ASP.NET's syntax, such as `{a}-{b}`.
        """
        trimmed = text.strip("/")
        parts = trimmed.split("/") if trimmed else []
        segments = tuple(_segment(part, trimmed) for part in parts)
        for position, segment in enumerate(segments):
            last = position == len(segments) - 1
            if segment.catch_all and not last:
                raise RouteError(f"{{*{segment.name}}} must be the last part of {trimmed!r}.")
            if segment.optional and not all(later.may_be_absent for later in segments[position:]):
                raise RouteError(f"{{{segment.name}?}} must be the last part of {trimmed!r}.")
        return cls(trimmed.lower(), segments)

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """Return the route values of a decoded path, or None when it does not match.

        Absent optional parts have no value, because the host drops null ones.
        """
        values: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            if segment.catch_all:
                rest = "/".join(path[position:]) or segment.default or ""
                return {**values, segment.name: rest}
            if position >= len(path):
                if not segment.may_be_absent:
                    return None
                if segment.default is not None:
                    values[segment.name] = segment.default
                continue
            if not segment.accepts(path[position]):
                return None
            if segment.literal is None:
                values[segment.name] = path[position]
        return values if len(path) <= len(self.segments) else None

    def overlaps(self, other: "RouteTemplate") -> bool:
        """Say whether some path could match both templates."""
        for mine, theirs in zip(self.segments, other.segments, strict=False):
            if mine.catch_all or theirs.catch_all:
                return True
            if not mine.meets(theirs):
                return False
        shared = min(len(self.segments), len(other.segments))
        rest = self.segments[shared:] + other.segments[shared:]
        return all(segment.may_be_absent for segment in rest)


def split_path(raw_path: str) -> list[str]:
    """Split a path as it is on the wire into decoded segments.

    Outer slashes are ignored; `%2F` stays as it is, so that a value never turns into two.
    """
    trimmed = raw_path.strip("/")
    if not trimmed:
        return []
    return [unquote(_ENCODED_SLASH.sub("%252F", part)) for part in trimmed.split("/")]


def _segment(part: str, template: str) -> Segment:
    match = _PARAMETER.fullmatch(part)
    if match is None:
        if "{" in part or "}" in part or not part:
            raise RouteError(
                f"{part!r} in the route {template!r} is not served: write each part as plain text "
                "or as one {parameter}."
            )
        return Segment(literal=unquote(part).lower())
    stars, name, constraint_text, default, optional = match.groups()
    constraints = tuple(_CONSTRAINT.findall(constraint_text))
    for kind, limit in constraints:
        if kind not in _CONSTRAINTS:
            raise RouteError(f"The constraint :{kind} in {template!r} is not served by this host.")
        if kind in {"minlength", "maxlength"} and not limit.isdecimal():
            raise RouteError(f"The constraint :{kind} in {template!r} needs a number: {kind}(3).")
    return Segment(
        name=name,
        constraints=constraints,
        default=default,
        optional=optional is not None,
        catch_all=bool(stars),
    )
