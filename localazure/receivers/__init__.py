"""Places where messages land: a Teams Workflow, a Slack hook, and an address for CloudEvents.

They have the limits and answers of the real ones and keep what arrived. Neither service is Azure's,
and both are where an Azure app sends what people should know.
"""
