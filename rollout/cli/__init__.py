"""`rollout`: what people and pipelines run beside the app."""

from rollout.cli.commands import main

__all__ = ["main"]
