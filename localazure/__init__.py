"""An Azure small enough for one machine: Azure ML, Monitor, Event Grid, identity and a Functions host.

For development, demonstrations and tests. Never deployed, and it imports nothing of the product
it is used to test, so that it stays an independent witness.
"""
