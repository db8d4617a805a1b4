"""The future: how long a stage will take at this traffic, what it can see, and what would help.

The machine stores a forecast with every start and `rollout plan` prints one. It imports `judging`
and `checks`.
"""
