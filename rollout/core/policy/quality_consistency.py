"""Fields of `quality` that are fine one by one and contradict each other, or what they name."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from rollout.core.policy.consistency import check_expected
from rollout.core.policy.expectation import Expectation, JsonType
from rollout.core.policy.model import Policy
from rollout.core.policy.probes_consistency import LINES, inputs_in
from rollout.core.policy.quality_model import (
    Compared,
    FieldRule,
    Golden,
    Labelled,
    Live,
    Metric,
    OutputKind,
    Quality,
)
from rollout.core.policy.values import Faults

GOLDEN_ENDINGS = (LINES, ".csv")
MORE_IS_BETTER = frozenset({Metric.ACCURACY, Metric.EXACT, Metric.AUC})
"""Metrics in 0..1 of which 1 is the best; the others are losses, of which 0 is."""

REQUEST = "request"
"""The platform's collection of what clients sent."""

_ROOT = "$."
_FOREIGN_STEP = re.compile(r"""\[(?:-[0-9]+|'[^']*'|"[^"]*")\]""")
_SAME_FIELD = "Input and label cannot be the same field."
_NUMBERS = (None, JsonType.NUMBER, JsonType.INTEGER, JsonType.LIST)
_LABELS = (None, JsonType.TEXT, JsonType.INTEGER, JsonType.NUMBER, JsonType.BOOLEAN, JsonType.LIST)
_LISTS = (None, JsonType.LIST)


def check_quality(policy: Policy, files: Collection[str], faults: Faults) -> None:
    """Note each contradiction at its place."""
    quality = policy.quality
    if quality is None or faults.under("quality"):
        return
    for place, path in _paths(quality):
        _check_path(path, f"quality.{place}", faults)
    _check_compared(quality.compared, faults)
    if quality.contract is not None:
        _check_fields(quality.contract.fields, faults)
    check_expected(quality.expect, "quality.expect", faults)
    if quality.golden is not None:
        _check_golden_file(quality.golden, files, faults)
        _check_metric(quality.golden, faults)
    if quality.probed is not None:
        _check_probed(quality.probed, policy, faults)
    if quality.live is not None:
        _check_live(quality.live, faults)


def _paths(quality: Quality) -> Iterator[tuple[str, str]]:
    """Yield the places with a path, and the path."""
    for index, path in enumerate(quality.compared.paths):
        yield f"compared.paths[{index}]", path
    for path in quality.contract.fields if quality.contract is not None else ():
        yield f"contract.fields.{path}", path
    yield from _expected_paths("expect", quality.expect)
    if quality.golden is not None:
        yield "golden.labelled.answer", quality.golden.labelled.answer
    if quality.probed is not None:
        yield "probed.answer", quality.probed.answer
    if quality.live is not None:
        for index, output in enumerate(quality.live.outputs):
            yield f"live.outputs[{index}].path", output.path
        yield from _expected_paths("live.expect", quality.live.expect)


def _expected_paths(place: str, expect: Expectation) -> Iterator[tuple[str, str]]:
    for name, paths in (
        ("present", expect.present),
        ("absent", expect.absent),
        ("values", expect.values),
        ("type", expect.types),
        ("length", expect.lengths),
        ("range", expect.ranges),
        ("close", expect.close),
    ):
        for path in paths:
            yield f"{place}.{name}", path


def _check_path(path: str, place: str, faults: Faults) -> None:
    """Other languages for paths are much the same; what they write otherwise leads nowhere here."""
    if path.startswith(_ROOT):
        faults.note(place, f'"{path}" begins with a name here: write "{path.removeprefix(_ROOT)}".')
    elif "[]" in path:
        faults.note(place, f'Every item is "[*]": write "{path.replace("[]", "[*]")}".')
    elif _FOREIGN_STEP.search(path):
        text = "Items are counted from 0, and names are joined by dots: it leads nowhere as it is."
        faults.note(place, text)


def _check_compared(compared: Compared, faults: Faults) -> None:
    if not 0 < compared.limit < 1:
        faults.note("quality.compared.limit", "Write a share above 0% and below 100%.")
    elif compared.limit <= compared.tolerance:
        faults.note("quality.compared.limit", "It must be above quality.compared.tolerance.")


def _check_fields(fields: Mapping[str, FieldRule], faults: Faults) -> None:
    for path, rule in fields.items():
        place = f"quality.contract.fields.{path}"
        if rule.range is not None and rule.range.least > rule.range.most:
            text = f"No number is from {rule.range.least:g} to {rule.range.most:g}: swap them."
            faults.note(f"{place}.range", text)
        for name, asked, types in (
            ("shape", rule.shape, _LISTS),
            ("sums_to", rule.sums_to, _LISTS),
            ("range", rule.range, _NUMBERS),
            ("labels", rule.labels, _LABELS),
        ):
            if asked is not None and rule.type not in types:
                fitting = " or ".join(each for each in types if each is not None)
                text = f"It cannot go with type {rule.type}: leave type out, or write {fitting}."
                faults.note(f"{place}.{name}", text)


def _check_golden_file(golden: Golden, files: Collection[str], faults: Faults) -> None:
    name, place = golden.file, "quality.golden.file"
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        faults.note(place, "Name a file or a folder inside this folder, with forward slashes.")
        return
    found = [str(path)] if str(path) in files else inputs_in(name, files)
    if not found:
        faults.note(place, f'There is no file or folder "{name}" with files in this folder.')
    for file in found:
        if PurePosixPath(file).suffix.lower() not in GOLDEN_ENDINGS:
            faults.note(
                place,
                f"{file} is neither a {' nor a '.join(GOLDEN_ENDINGS)} file: convert it, or keep "
                "it elsewhere.",
            )
    lines = any(PurePosixPath(file).suffix.lower() == LINES for file in found)
    if lines and golden.labelled.label == golden.labelled.input:
        faults.note("quality.golden.labelled.label", _SAME_FIELD)


def _check_metric(golden: Golden, faults: Faults) -> None:
    place, metric = "quality.golden", golden.labelled.metric
    if metric in MORE_IS_BETTER:
        if golden.most is not None:
            faults.note(f"{place}.most", f"Of {metric} more is better: write least.")
        for name, limit in (("least", golden.least), ("worse_by", golden.worse_by)):
            if limit is not None and not 0 <= limit <= 1:
                faults.note(f"{place}.{name}", f"Of {metric}, write a number from 0 to 1.")
    else:
        if golden.least is not None:
            faults.note(f"{place}.least", f"Of {metric} less is better: write most.")
        if golden.most is not None and golden.most < 0:
            faults.note(f"{place}.most", f"No {metric} is below 0.")
    if golden.least is golden.most is golden.worse_by is None:
        bound = "least" if metric in MORE_IS_BETTER else "most"
        faults.note(f"{place}.worse_by", f"Nothing could fail the set: write it, or {bound}.")


def _check_probed(probed: Labelled, policy: Policy, faults: Faults) -> None:
    inputs = policy.probes.inputs if policy.probes is not None else None
    if not faults.under("probes") and (
        inputs is None or PurePosixPath(inputs).suffix.lower() != LINES
    ):
        faults.note(
            "quality.probed",
            f"Labels stand beside the inputs: name a {LINES} file in probes.inputs, with an input "
            "and a label on each line.",
        )
    if probed.metric is Metric.AUC:
        text = "A single answer has no auc: write log_loss, or score a golden file with auc."
        faults.note("quality.probed.metric", text)
    if probed.label == probed.input:
        faults.note("quality.probed.label", _SAME_FIELD)


def _check_live(live: Live, faults: Faults) -> None:
    place = "quality.live"
    if live.collection == REQUEST:
        text = "It holds what clients sent: name the collection of outputs, or response."
        faults.note(f"{place}.collection", text)
    if live.collection == live.inputs:
        faults.note(f"{place}.inputs", "Inputs and outputs cannot be the same collection.")
    if not live.sampling:
        faults.note(f"{place}.sampling", "Nothing would be collected: write a share above 0%.")
    check_expected(live.expect, f"{place}.expect", faults)
    seen: set[str] = set()
    for index, output in enumerate(live.outputs):
        here = f"{place}.outputs[{index}]"
        if output.path in seen:
            faults.note(f"{here}.path", f'"{output.path}" is listed twice: take one out.')
        seen.add(output.path)
        if not 0 < output.tolerance < 1:
            faults.note(f"{here}.tolerance", "Write a share above 0% and below 100%.")
        if output.range is not None and output.kind is OutputKind.LABEL:
            faults.note(f"{here}.range", 'Only numbers have a range: write "kind: number".')
        elif output.range is not None and output.range.least > output.range.most:
            text = f"No number is from {output.range.least:g} to {output.range.most:g}: swap them."
            faults.note(f"{here}.range", text)
    if not live.outputs and not live.expect.looks_inside:
        faults.note(
            f"{place}.outputs",
            "Nothing would be looked at: name an output, or write what expect asks for.",
        )
