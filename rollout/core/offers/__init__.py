"""Model versions from the moment they are offered until one becomes a rollout.

`decide` calls it. It imports `machine` and everything below.
"""
