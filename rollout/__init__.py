"""Progressive delivery for Azure Machine Learning managed online endpoints."""
