"""What every test run starts from: nothing of a developer's Azure is in the environment."""

import os

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    # Covers AZURE_*, AZUREML_* and AzureWebJobs*: no test may reach a real subscription by chance.
    for name in [name for name in os.environ if name.upper().startswith("AZURE")]:
        del os.environ[name]
