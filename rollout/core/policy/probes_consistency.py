"""Fields of `probes` that are fine one by one and contradict each other, or what they name."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import PurePosixPath

from rollout.core.policy.content_types import BY_ENDING, content_type_of
from rollout.core.policy.model import Policy, SampleRequest
from rollout.core.policy.probes_model import ProbesWhen
from rollout.core.policy.values import Faults, duration_text

LINES = ".jsonl"
"""The ending of a file of inputs."""

MAX_TIMEOUT = timedelta(seconds=5)
"""Both sides of a pair are asked one after the other, in a pass that has ten seconds for probes."""

_SUCCESS = range(200, 300)


def inputs_in(folder: str, files: Collection[str]) -> list[str]:
    """Return the files below a folder of inputs, in the order in which they are sent."""
    below = f"{PurePosixPath(folder)}/"
    return sorted(file for file in files if file.startswith(below))


def samples_as_inputs(policy: Policy) -> list[SampleRequest]:
    """Return the sample requests that serve as inputs: one that is to be refused shows nothing."""
    return [each for each in policy.validate.requests if each.expect.status in _SUCCESS]


def has_inputs(policy: Policy) -> bool:
    """Say whether there is anything that the app could send."""
    probes = policy.probes
    return probes is not None and (probes.inputs is not None or bool(samples_as_inputs(policy)))


def check_probes(policy: Policy, files: Collection[str], faults: Faults) -> None:
    """Note each contradiction at its place."""
    probes = policy.probes
    if probes is None or faults.under("probes"):
        return
    if probes.max < probes.rate:
        faults.note("probes.max", "It must not be below probes.rate: write pairs a whole rollout.")
    if probes.timeout > MAX_TIMEOUT:
        faults.note(
            "probes.timeout",
            f"A pass has no time to wait that long: write {duration_text(MAX_TIMEOUT)} at most, or "
            '"when: never" for a model that takes longer.',
        )
    if probes.inputs is not None:
        _check_inputs(probes.inputs, files, faults)
    elif not faults.under("validate") and not has_inputs(policy):
        text = "There is nothing to send: name inputs, or add sample requests to validate.requests."
        if probes.when is ProbesWhen.ALWAYS:
            faults.note("probes.when", text)
        if probes.warm_up:
            faults.note("probes.warm_up", text)


def _check_inputs(inputs: str, files: Collection[str], faults: Faults) -> None:
    place, path = "probes.inputs", PurePosixPath(inputs)
    if path.is_absolute() or ".." in path.parts or "\\" in inputs or not path.parts:
        text = "Name a file or a folder inside this folder, with forward slashes."
        faults.note(place, text)
    elif str(path) in files:
        if path.suffix.lower() != LINES:
            text = f"One request a line goes into a {LINES} file; for other bodies name a folder."
            faults.note(place, text)
    elif not (inside := inputs_in(inputs, files)):
        faults.note(place, f'There is no file or folder "{inputs}" with files in this folder.')
    else:
        for file in inside:
            if content_type_of(file) is None:
                faults.note(
                    place,
                    f"The ending of {file} does not say what it is ({', '.join(BY_ENDING)} do): "
                    "rename it, or keep it elsewhere.",
                )
