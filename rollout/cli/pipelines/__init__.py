"""What the GitHub Action and the Azure Pipelines template run: one command, told by each host."""
