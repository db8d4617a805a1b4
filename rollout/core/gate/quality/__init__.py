"""Predictions judged: the answers to probes, pair by pair, and what was answered to live requests.

`judging` folds passes and looks into it and asks for its odds. This room imports `checks` and
`algebra`, and knows nothing of `probing`.
"""
