"""A wait that ends early when the host stops, so that no running call has to be cancelled."""

import asyncio


async def stopped_within(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait up to `seconds` (zero or less: not at all); True as soon as the host stops."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            return await stopping.wait()
    except TimeoutError:
        return stopping.is_set()
