"""The mathematics of the gate: e-values, bets on them, burstiness, and what percentiles tell.

`checks` builds every check from these parts; `forecast` and `history` use them too. This room
imports records and the gate's policy, and nothing else of the gate.
"""
