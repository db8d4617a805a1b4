"""`rollout`: what operators and pipelines run beside the app."""

from rollout.cli.main import main

__all__ = ["main"]
