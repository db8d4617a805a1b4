"""Events: those that are published, and the queue of those that arrive in a private network.

`rollout.wiring` makes these adapters. It imports `azure_ml` for ids and `storage` for its faults.
"""
