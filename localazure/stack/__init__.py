"""The whole local Azure put together: one asyncio process, Azurite beside it.

`stack.py` composes, `options.py` says what can be chosen, `control.py` is the surface where
developers and tests turn dials, `process.py` runs it all as a child.
"""
