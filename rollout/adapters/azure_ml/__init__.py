"""Azure ML over Resource Manager and the SDK: endpoints, deployments, models, scoring.

`rollout.wiring` makes these adapters; `metrics` and `events` share their calls and ids. It imports
no other room of the adapters.
"""
