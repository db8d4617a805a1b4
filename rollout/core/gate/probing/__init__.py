"""The probes' own stream: pairs of answers become harm and evidence, apart from live requests.

`judging` folds passes into it and combines what it says. This room imports `checks` and `algebra`.
"""
