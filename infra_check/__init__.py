"""Checks of the Bicep files in `infra/`, for a machine without a Bicep compiler.

`python -m infra_check` says what `az bicep build` would refuse or warn about, as far as it can be
known from the files and from Azure's published type data. It is no compiler: it lowers nothing, and
a file without findings was never compiled by it. Nothing of it is deployed.
"""
