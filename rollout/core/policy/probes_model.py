"""What a policy says of probes: inputs that the app itself sends to candidate and stable alike.

Warm-up requests are the same inputs, sent to the candidate alone; nothing is concluded from them.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ProbesWhen(StrEnum):
    """`AUTO`: only while the candidate's live requests a minute are fewer than the rate."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Probes:
    """How probes are sent. A pair is one input, sent to both sides.

    `inputs` names a `.jsonl` file with one request body a line, or a folder with one body a file,
    relative to the service's folder (None: the sample requests of the validation that expect a
    2xx). `rate` is pairs a minute, `max` pairs a rollout, `concurrency` pairs under way at once:
    with Azure ML's own defaults an instance refuses more than two requests at a time.
    `repeats`: how often one input counts towards passing a stage. `timeout` is for one request, to
    the last byte of its answer; one that takes longer counts as failed. `warm_up` is how many
    inputs the candidate is sent before each raise of its weight, whatever `when` says of probes.
    """

    inputs: str | None = None
    when: ProbesWhen = ProbesWhen.AUTO
    rate: int = 20
    max: int = 3000
    concurrency: int = 2
    repeats: int = 10
    timeout: timedelta = timedelta(seconds=2)
    warm_up: int = 0
