"""A service's Azure ML files read as untrusted text: limits, local paths, what cannot work.

The bundle, the creator and the command line share these checks. It imports no other room of the
adapters; only `sdk.py` and what the SDK needs load `azure-ai-ml`, when they are called.
"""
