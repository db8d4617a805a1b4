"""What stable's answers have in common, learnt, and where a candidate's answer breaks it.

A field that only some of stable's answers have is optional, and nothing is concluded of it or of
what is inside it: answers whose keys are labels or names have no lost fields. Nothing is concluded
before ten answers. Places in lists are one: `[*].score` is the score of every item.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rollout.core.policy.quality_model import Contract
from rollout.core.predictions.bodies import Body
from rollout.core.predictions.expectations import is_number
from rollout.core.predictions.faults import FAULT_CHARACTERS
from rollout.core.predictions.field_rules import adds_up
from rollout.core.predictions.json_paths import EVERY, WHOLE, kind_of
from rollout.core.predictions.labels import safe_line
from rollout.core.predictions.walking import walk
from rollout.core.records.learnt_contract import Learnt, LearntContract

LEAST_LEARNT = 10
"""Answers to different inputs. A field that one in five answers lacks is taken for a required one
in one service of nine, and no longer once an answer lacked it."""

MAX_FIELDS = 64
"""Places that are learnt; of an answer with more, such as one with names as keys, the first."""

MAX_PATH_CHARACTERS = 120
_COUNTED = re.compile(r"\[[0-9]+\]|(?<![^.])[0-9]+(?![^.\[])")
LEAST_VECTOR, MOST_VECTOR = 2, 1000
"""Numbers in a list that may be the probabilities of classes."""


@dataclass
class _Seen:
    """One place in one answer."""

    kinds: dict[str, None] = field(default_factory=dict)
    times: int = 0
    lengths: set[int] = field(default_factory=set)
    inside: bool = False
    outside: bool = False
    vectors: int = 0
    sums: int = 0
    objects: int = 0


def learn(known: LearntContract, body: Body) -> LearntContract:
    """Learn from one answer of stable to an input that was not asked before.

    What could not be read teaches nothing.
    """
    if not body.is_read:
        return known
    places = _places(body)
    fields = dict(known.fields)
    for path, old in known.fields.items():
        fields[path] = replace(
            _merged(old, places[path]) if path in places else old,
            always=old.always and not _lacks(places, path),
        )
    for path, seen in places.items():
        if path not in fields and len(fields) < MAX_FIELDS and len(path) <= MAX_PATH_CHARACTERS:
            always = not (_could_have_been(known, path) or _lacks(places, path))
            fields[path] = replace(_first(seen), always=always)
    return LearntContract(known.answers + 1, fields)


def _could_have_been(known: LearntContract, path: str) -> bool:
    """Say whether an earlier answer had the object of a field that is new."""
    parent = known.fields.get(_parent(path))
    return parent is not None and "object" in parent.kinds and not path.endswith(EVERY)


def breaches(contract: Contract, known: LearntContract, body: Body) -> Iterator[str]:
    """Yield where an answer breaks what stable's have in common, each as "lost 'score'".

    What the policy's contract writes of a path counts instead of what was learnt there.
    """
    if not contract.learn or known.answers < LEAST_LEARNT or not body.is_read:
        return
    places = _places(body)
    written = {_place_of(path) for path in contract.fields}
    for path, learnt in known.fields.items():
        if _list_of(path) in written or not _is_certain(known, path):
            continue
        what = _broken(learnt, places[path]) if path in places else None
        if what is None and _lacks(places, path):
            what = "lost"
        if what is not None:
            yield safe_line(f"{what} '{path}'", FAULT_CHARACTERS)
    if not contract.added:
        for path in places:
            if _list_of(path) not in written and _is_added(known, path):
                yield safe_line(f"added '{path}'", FAULT_CHARACTERS)


def _is_added(known: LearntContract, path: str) -> bool:
    """Say whether stable never answered this field of an object whose fields are always the same.

    Of an object with keys that vary a new one says nothing; nor does one that had no room here.
    """
    if path in known.fields or path == WHOLE or path.endswith(EVERY):
        return False
    parent = known.fields.get(_parent(path))
    if parent is None or "object" not in parent.kinds:
        return False
    if len(known.fields) >= MAX_FIELDS or len(path) > MAX_PATH_CHARACTERS:
        return False
    beside = (place for place in known.fields if _parent(place) == _parent(path))
    return all(known.fields[place].always for place in beside if not place.endswith(EVERY))


def _place_of(path: str) -> str:
    """Return the place of a policy's path: an item that it counts is one of all."""
    return _list_of(_COUNTED.sub(EVERY, path).replace(f".{EVERY}", EVERY))


def _list_of(place: str) -> str:
    """Return a place without the `[*]` at its end: a rule for a list is one for its items."""
    while place.endswith(EVERY):
        place = place.removesuffix(EVERY) or WHOLE
    return place


def _is_certain(known: LearntContract, path: str) -> bool:
    """Say whether every answer had this place, as far as lists had items."""
    while path in known.fields and known.fields[path].always:
        if path == WHOLE:
            return True
        path = _parent(path)
    return False


def _broken(learnt: Learnt, seen: _Seen) -> str | None:
    for kind in seen.kinds:
        if kind not in learnt.kinds:
            return f"{kind} at"
    # That each answer had one item may be chance: one row was asked, one thing was found.
    if learnt.length >= LEAST_VECTOR and seen.lengths - {learnt.length}:
        return "another length at"
    if learnt.unit and seen.outside:
        return "out of 0..1 at"
    if learnt.sums and seen.sums < seen.vectors:
        return "another sum at"
    return None


def _first(seen: _Seen) -> Learnt:
    return Learnt(
        kinds=tuple(seen.kinds),
        length=next(iter(seen.lengths)) if len(seen.lengths) == 1 else -1,
        unit=seen.inside and not seen.outside,
        outside=seen.outside,
        sums=0 < seen.vectors == seen.sums,
    )


def _merged(old: Learnt, seen: _Seen) -> Learnt:
    outside = old.outside or seen.outside
    had_lists = "list" in old.kinds
    return Learnt(
        kinds=tuple(dict.fromkeys((*old.kinds, *seen.kinds))),
        always=old.always,
        length=_length(old, seen, had_lists=had_lists),
        unit=(old.unit or seen.inside) and not outside,
        outside=outside,
        sums=old.sums and seen.sums == seen.vectors if had_lists else 0 < seen.vectors == seen.sums,
    )


def _length(old: Learnt, seen: _Seen, *, had_lists: bool) -> int:
    if not seen.lengths:
        return old.length
    if len(seen.lengths) > 1:
        return -1
    (only,) = seen.lengths
    return only if not had_lists or old.length == only else -1


def _lacks(places: Mapping[str, _Seen], path: str) -> bool:
    """Say whether an object of this answer could have the field, and does not."""
    parent = places.get(_parent(path))
    if path == WHOLE or path.endswith(EVERY) or parent is None:
        return False
    times = places[path].times if path in places else 0
    return times < parent.objects


def _parent(path: str) -> str:
    if path.endswith(EVERY):
        return path.removesuffix(EVERY) or WHOLE
    return path.rpartition(".")[0] or WHOLE


def _places(body: Body) -> dict[str, _Seen]:
    """Return every place of an answer, lists' items as one, with what was found there.

    An answer inside a JSON text is a text, too: clients that do not expect one cannot read it.
    """
    places: dict[str, _Seen] = {WHOLE: _Seen({"text": None})} if body.wrapped else {}
    for path, found in walk(body.document):
        seen = places.setdefault(path, _Seen())
        seen.kinds[kind_of(found)] = None
        seen.times += 1
        if isinstance(found, dict):
            seen.objects += 1
        elif isinstance(found, list):
            _note_list(seen, found)
        elif is_number(found) and not (isinstance(found, float) and math.isnan(found)):
            seen.inside = seen.inside or 0 < found < 1
            seen.outside = seen.outside or not 0 <= found <= 1
    return places


def _note_list(seen: _Seen, found: list[Any]) -> None:
    seen.lengths.add(len(found))
    if LEAST_VECTOR <= len(found) <= MOST_VECTOR and all(map(is_number, found)):
        seen.vectors += 1
        seen.sums += adds_up(found, 1.0)
