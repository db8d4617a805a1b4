"""One object for each check of a policy: what it bets on, its budget, its action, its words.

`judging` folds minutes into them and asks for their odds. This room imports `algebra`, records and
the gate's policy.
"""
