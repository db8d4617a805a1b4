"""The data collector: rows of what deployments were asked and answered, in blob storage.

Scoring scripts post theirs, through the package azureml-ai-monitoring, to a sink per deployment
(`sink.py`); the router logs whole payloads (`payload_log.py`). Both become records (`records.py`),
wait as the dials say (`rows.py`) and are appended to blobs (`writer.py`).
"""
