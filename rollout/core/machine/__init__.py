"""The life of one rollout: phases, holds, and what each look, alert or command makes of them.

`decide` calls it, and `offers` begins a rollout with it. It imports `gate`, `records` and `policy`.
"""
