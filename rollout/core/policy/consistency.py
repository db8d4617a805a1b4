"""Fields of a policy that are fine one by one and contradict each other."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import PurePosixPath

from rollout.core.policy.content_types import BY_ENDING, content_type_of
from rollout.core.policy.expectation import Expectation
from rollout.core.policy.model import CreateFrom, Policy
from rollout.core.policy.values import Faults, duration_text
from rollout.units import FULL_WEIGHT

DEPLOYMENT_TEMPLATE = "deployment.yml"
ENDPOINT_TEMPLATE = "endpoint.yml"


def check_stages(policy: Policy, faults: Faults) -> None:
    if faults.under("stages"):
        return
    weights = [stage.weight for stage in policy.stages]
    for index, stage in enumerate(policy.stages[1:], 1):
        if stage.mirror:
            faults.note(
                f"stages[{index}].mirror",
                "Only the first stage can be a mirror: it shows the candidate before any client "
                "gets its answers.",
            )
        elif weights[index] <= weights[index - 1]:
            faults.note(
                f"stages[{index}].weight",
                f"{weights[index]} is not above the stage before it: weights must rise.",
            )
    if weights[-1] != FULL_WEIGHT:
        faults.note(
            f"stages[{len(weights) - 1}].weight",
            f"The last stage must have the weight {FULL_WEIGHT}.",
        )


def check_deadlines(policy: Policy, faults: Faults) -> None:
    if not faults.under("stages", "deadline"):
        bakes = sum((stage.bake for stage in policy.stages), timedelta())
        if policy.deadline <= bakes:
            faults.note(
                "deadline",
                f"{duration_text(policy.deadline)} is not longer than all bakes together "
                f"({duration_text(bakes)}): no rollout could end in time.",
            )
    if not faults.under("create") and policy.create.call_timeout >= policy.create.deadline:
        faults.note("create.call_timeout", "It must be shorter than create.deadline.")
    if not faults.under("validate") and policy.validate.timeout >= policy.validate.deadline:
        faults.note("validate.timeout", "It must be shorter than validate.deadline.")


def check_files(policy: Policy, files: Collection[str], faults: Faults) -> None:
    if not faults.under("create"):
        if policy.create.source is CreateFrom.TEMPLATE and DEPLOYMENT_TEMPLATE not in files:
            faults.note(
                "create.from",
                f"There is no {DEPLOYMENT_TEMPLATE} in this folder: add one, or write "
                '"from: copy" to create candidates like the deployment that is live.',
            )
        if policy.create.endpoint and ENDPOINT_TEMPLATE not in files:
            faults.note(
                "create.endpoint",
                f"There is no {ENDPOINT_TEMPLATE} in this folder to create the endpoint from.",
            )
        if policy.create.endpoint and policy.create.source is CreateFrom.COPY:
            faults.note(
                "create.endpoint",
                'A new endpoint has no deployment to copy: write "from: template".',
            )


def check_samples(policy: Policy, files: Collection[str], faults: Faults) -> None:
    if faults.under("validate"):
        return
    for index, request in enumerate(policy.validate.requests):
        place = f"validate.requests[{index}]"
        path = PurePosixPath(request.file)
        if path.is_absolute() or ".." in path.parts or "\\" in request.file:
            faults.note(f"{place}.file", "Name a file inside this folder, with forward slashes.")
        elif str(path) not in files:
            faults.note(f"{place}.file", f'There is no file "{request.file}" in this folder.')
        if request.content_type is None and content_type_of(request.file) is None:
            faults.note(
                f"{place}.content_type",
                f"The file's ending does not say what it is ({', '.join(BY_ENDING)} do): "
                'write its content type, such as "application/json".',
            )
        check_expected(request.expect, f"{place}.expect", faults)


def check_expected(expect: Expectation, place: str, faults: Faults) -> None:
    """Note what no answer could meet."""
    for path, numbers in expect.ranges.items():
        if numbers.least > numbers.most:
            text = f"No number is from {numbers.least:g} to {numbers.most:g}: swap them."
            faults.note(f"{place}.range.{path}", text)
    wanted = {
        *expect.present,
        *expect.values,
        *expect.types,
        *expect.lengths,
        *expect.ranges,
        *expect.close,
    }
    for path in expect.absent:
        if path in wanted:
            text = f'"{path}" must be absent and there at once: no answer can be both.'
            faults.note(f"{place}.absent", text)
