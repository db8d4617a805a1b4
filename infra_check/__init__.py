"""Checks of the Bicep files in `infra/`, by the real compiler and by what it says of the profiles.

`python -m infra_check` compiles and lints every file, and compares what each profile would deploy
with its stored snapshot. None of this package is deployed.
"""
