"""Minutes of metrics: from Azure Monitor, from Log Analytics, and from recordings.

`rollout.wiring` makes the adapter and the command line reads recordings. It imports `azure_ml` for
its calls.
"""
