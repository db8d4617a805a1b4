"""An Azure small enough for one machine: Azure ML, Monitor, Event Grid, identity, Functions.

For development, demonstrations and tests. Never deployed, and it imports nothing of the product
it is used to test, so that it stays an independent witness.
"""
