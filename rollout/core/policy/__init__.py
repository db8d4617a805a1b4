"""What a service's `rollout.yaml` may say, and the typed values that it becomes.

The bundle adapter and the command line parse documents here; every other room of the core reads the
models. This room imports nothing else of the core.
"""
