"""The gate's memory of a rollout, how a minute goes into it, and the verdict it supports.

The machine calls it through `rollout.core.gate`; `history` and `forecast` call it directly. It
imports `checks`.
"""
