"""The services' folders, from a folder or a zip in a blob container: policies, templates, samples.

`rollout.wiring` makes the adapter and the command line packs and lints with it. It imports no other
room of the adapters.
"""
