"""How a mode ended, and its telling: annotations, outputs and the summary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rollout.cli.exits import ExitCode
from rollout.cli.live.session import TOLD, code_of
from rollout.cli.log_commands import Level
from rollout.cli.pipelines.host import Host
from rollout.cli.pipelines.markdown import text
from rollout.cli.safe_text import say

_OF_ERRORS = {
    ExitCode.USAGE: "usage",
    ExitCode.NOT_GOOD: "refused",
    ExitCode.UNREACHABLE: "unreachable",
}
_GOES_ON = frozenset({ExitCode.HELD, ExitCode.TIMED_OUT})
"""Nothing has failed: a person decides, or the rollout takes longer."""


@dataclass(frozen=True)
class Ended:
    """How a mode ended.

    `outcome` is one word (docs/pipelines.md), `says` one sentence. `told` is whether annotations
    have said already what is wrong. `outputs` are more values for later steps, `sections` Markdown.
    """

    code: ExitCode
    outcome: str
    says: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    sections: tuple[str, ...] = ()
    told: bool = False


def tell(host: Host, mode: str, work: Callable[[], Ended]) -> int:
    """Run a mode, tell the host how it ended, and return the exit code."""
    try:
        ended = work()
    except TOLD as error:
        code = code_of(error)
        ended = Ended(code, _OF_ERRORS[code], str(error))
    say(ended.says)
    if ended.code is not ExitCode.GOOD and not ended.told:
        level = Level.WARNING if ended.code in _GOES_ON else Level.ERROR
        for line in ended.says.splitlines():
            host.annotate(level, line)
    outputs = {"outcome": ended.outcome, "exit-code": str(int(ended.code)), **ended.outputs}
    for name, value in outputs.items():
        host.output(name, value)
    host.summary([f"### rollout {mode}\n\n{text(ended.says)}\n", *ended.sections])
    return ended.code
