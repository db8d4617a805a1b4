"""The past: what stable's minutes before a rollout say, and old verdicts computed again.

The machine summarises and stores with it, the command line replays, tests audit. It imports
`judging` and `checks`.
"""
