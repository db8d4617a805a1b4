"""The whole local Azure put together: one asyncio process, Azurite beside it.

`stack.py` composes, `options.py` says what can be chosen, `control.py` (one folder up) is the
surface people and tests turn dials on, `process.py` runs it all as a child.
"""
