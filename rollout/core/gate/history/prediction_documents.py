"""Answers and looks at collected outputs as JSON values, so that they can be judged again.

Like the documents of minutes, and as compact: what is at its default is left out. Nothing of a
payload is in them but labels that a sentence quotes and digests of predictions.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.core.records.answers import AnswerCounts, Usual
from rollout.core.records.predictions import Batch, Bins, PredictionsSeen, SideBatch

Document = dict[str, Any]


def answers_document(seen: AnswerCounts) -> Document:
    """Return a pass's answers: `pairs`, and what else there was of them.

    `faults` are [candidate's, stable's, the candidate's by their words]; `inputs` the inputs
    compared for the first time; `differing` is [how many, by first difference]; `twice` as
    `AnswerCounts` has it; `losses` are [candidate's, stable's]; `usual` is [candidate's key, lead,
    stable's, lead, telling, same, others].
    """
    found: Document = {"pairs": seen.pairs}
    if seen.faulty or seen.stable_faulty:
        found["faults"] = [seen.faulty, seen.stable_faulty, dict(seen.faults)]
    if seen.inputs:
        found["inputs"] = list(seen.inputs)
    if seen.differing:
        found["differing"] = [seen.differing, dict(seen.changes)]
    if any(seen.twice):
        found["twice"] = list(seen.twice)
    if seen.losses:
        found["losses"] = [list(each) for each in seen.losses]
    usual = seen.usual
    if usual != Usual():
        counts = (usual.telling, usual.same, usual.others)
        found["usual"] = [*usual.candidate, *usual.stable, *counts]
    return found


def answers_from(document: Mapping[str, Any]) -> AnswerCounts:
    """Read `answers_document`'s object back.

    Raises:
        KeyError, TypeError, ValueError: It is not such an object.
    """
    faulty, stable_faulty, faults = document.get("faults", (0, 0, {}))
    differing, changes = document.get("differing", (0, {}))
    asked, differed, candidate_differed = document.get("twice", (0, 0, 0))
    return AnswerCounts(
        pairs=_count(document["pairs"]),
        faulty=_count(faulty),
        stable_faulty=_count(stable_faulty),
        faults=_words(faults),
        inputs=tuple(_count(each) for each in document.get("inputs", ())),
        differing=_count(differing),
        changes=_words(changes),
        twice=(_count(asked), _count(differed), _count(candidate_differed)),
        losses=tuple(
            (_loss(candidate), _loss(stable)) for candidate, stable in document.get("losses", ())
        ),
        usual=_usual(document["usual"]) if "usual" in document else Usual(),
    )


def predictions_document(seen: PredictionsSeen) -> Document:
    """Return a look at collected outputs as JSON values: what the gate folds of it.

    `batches` have `at` and both sides; a side has `answers`, and where there are any `failed`,
    `counts` (by path, in the bins) and `odd` (by path). `bins` have `path`, and `edges` or
    `classes`. The cursor is no part of it, for nothing follows from it.
    """
    found: Document = {
        "batches": [
            {
                "at": each.minute.isoformat(),
                "candidate": _side_document(each.candidate),
                "stable": _side_document(each.stable),
            }
            for each in seen.batches
        ]
    }
    if seen.bins:
        found["bins"] = [
            {"path": each.path, "edges": list(each.edges), "classes": list(each.classes)}
            for each in seen.bins
        ]
    if seen.silent:
        found["silent"] = seen.silent
    if seen.unequal:
        found["unequal"] = seen.unequal
    return found


def predictions_from(document: Mapping[str, Any]) -> PredictionsSeen:
    """Read `predictions_document`'s object back: an auditor's half.

    Raises:
        ValueError: It is not such an object.
    """
    try:
        return PredictionsSeen(
            batches=tuple(
                Batch(_aware(each["at"]), _side(each["candidate"]), _side(each["stable"]))
                for each in document["batches"]
            ),
            bins=tuple(
                Bins(str(each["path"]), tuple(each["edges"]), tuple(each["classes"]))
                for each in document.get("bins", ())
            ),
            silent=str(document.get("silent", "")),
            unequal=str(document.get("unequal", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"this is not the record of a look at predictions: {what}") from error


def _side_document(side: SideBatch) -> Document:
    found: Document = {"answers": side.answers}
    if side.failed:
        found["failed"] = side.failed
    if side.counts:
        found["counts"] = {path: list(counts) for path, counts in side.counts.items()}
    if odd := {path: count for path, count in side.odd.items() if count}:
        found["odd"] = odd
    return found


def _side(document: Mapping[str, Any]) -> SideBatch:
    return SideBatch(
        answers=_count(document["answers"]),
        failed=_count(document.get("failed", 0)),
        counts={
            str(path): tuple(_count(each) for each in counts)
            for path, counts in document.get("counts", {}).items()
        },
        odd=_words(document.get("odd", {})),
    )


def _usual(stored: Sequence[Any]) -> Usual:
    candidate, lead, stable, stable_lead, telling, same, others = stored
    return Usual(
        (str(candidate), _count(lead)),
        (str(stable), _count(stable_lead)),
        _count(telling),
        _count(same),
        _count(others),
    )


def _words(stored: Mapping[str, Any]) -> dict[str, int]:
    return {str(word): _count(times) for word, times in stored.items()}


def _loss(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a loss")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a count")
    if value < 0:
        raise ValueError(f"{value!r} is not a number that can be counted")
    return value


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say its time zone")
    return moment
