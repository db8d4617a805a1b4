"""The health gate: from minutes of metrics to a verdict, with the reason in one sentence.

`fold` adds settled minutes to a JSON state, each once; `judge` looks at that state. Both are pure
and use nothing but arithmetic, so a verdict can be computed again from the stored minutes.
"""

from rollout.core.gate.limits import fold, judge, settled_from, settled_until
from rollout.core.gate.verdicts import Judgement, Verdict

__all__ = ["Judgement", "Verdict", "fold", "judge", "settled_from", "settled_until"]
