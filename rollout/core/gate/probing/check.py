"""Whether the candidate answers probes worse than stable: one charge over two processes.

Failures are compared within the tolerance of `gate.errors`, durations within that of
`gate.latency`, against times learnt from stable's own probes. A weighted mean of e-processes is an
e-process, and it reaches 1/alpha no later than either of them would with its share of alpha. A part
that only reports among live requests has no weight here.
"""

from dataclasses import dataclass
from math import exp, log

from rollout.core.gate.algebra.mixture import MIN_WEALTH
from rollout.core.gate.algebra.percentiles import NAMES
from rollout.core.gate.checks.check import Action, Charge, Tallies
from rollout.core.gate.checks.stage import Totals
from rollout.core.gate.checks.wording import margin
from rollout.core.gate.probing.memory import ProbeMemory
from rollout.core.gate.probing.wording import tallied
from rollout.core.policy.gate_model import Check, GatePolicy

ON_FAILURES = 0.5
"""The part of the money that is bet on failures where latency is compared too."""


@dataclass(frozen=True, kw_only=True)
class Probed(Charge[ProbeMemory]):
    """`on_failures` and `on_latency` are the parts of the money, 1 together or both 0.

    `tolerated` is how many times longer than stable's a probe may take, 0 where nobody asks.
    """

    on_failures: float
    on_latency: float
    tolerated: float

    def ln_odds(self, memory: ProbeMemory) -> float:
        wealth = self._of_failures(memory) + self._of_latency(memory)
        return log(max(wealth, MIN_WEALTH)) if self.on_failures + self.on_latency else 0.0

    def seen(self, memory: ProbeMemory, totals: Totals, tallies: Tallies) -> str:
        """The numbers of the process that speaks most for harm."""
        del totals, tallies
        if self._of_failures(memory) >= self._of_latency(memory):
            return tallied(memory.tally)
        name, worst = max(
            zip(NAMES, memory.latency.thresholds, strict=True),
            key=lambda each: each[1].process.wealth,
        )
        pairs, slow, _, stable_slow = memory.slow[name]
        took = exp(worst.ln or 0.0)
        return (
            f"of {pairs:,.0f} probes that both answered the candidate took longer than "
            f"{self.tolerated * took:,.0f} ms for {slow:,.0f}, stable longer than {took:,.0f} ms "
            f"for {stable_slow:,.0f}"
        )

    def _of_failures(self, memory: ProbeMemory) -> float:
        return self.on_failures * memory.failures.process.wealth

    def _of_latency(self, memory: ProbeMemory) -> float:
        return self.on_latency * memory.latency.wealth


def probed(policy: GatePolicy) -> Probed:
    """What a policy asks of probes."""
    watches_failures = Check.ERRORS not in policy.observe_only
    watches_latency = policy.latency is not None and Check.LATENCY not in policy.observe_only
    on_failures = (ON_FAILURES if watches_latency else 1.0) if watches_failures else 0.0
    on_latency = 1 - on_failures if watches_latency else 0.0
    limits = []
    if watches_failures:
        limits.append(f"failures {margin(policy.errors.tolerance)}")
    if watches_latency and policy.latency is not None:
        limits.append(f"times {policy.latency.tolerance:g} x stable's")
    decides = limits and Check.PROBES not in policy.observe_only
    return Probed(
        name=Check.PROBES.value,
        title="the candidate answers probes worse",
        limit=f"tolerated {', '.join(limits) or 'anything'}",
        alpha=policy.budget.probes,
        action=Action.ROLLBACK if decides else Action.REPORT,
        on_failures=on_failures,
        on_latency=on_latency,
        tolerated=policy.latency.tolerance if policy.latency is not None else 0.0,
    )
