"""What the data collectors of an endpoint's deployments wrote to Blob Storage, read and counted.

Imports no SDK: `azure_blobs.py` does, and is imported when data is first read.
"""
