"""Checks of the Bicep files in `infra/`, for a machine without a Bicep compiler.

`python -m infra_check` reports what `az bicep build` would refuse or warn about, if the files and
Azure's published type data show it. It is not a compiler: it emits no template, so a file without
findings has still never been compiled. None of this package is deployed.
"""
