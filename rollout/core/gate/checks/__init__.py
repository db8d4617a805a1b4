"""The statistics, one check or one tool of several checks a file.

`judging` folds minutes into them and reads their odds. This room imports records and the gate's
policy, and nothing else of the gate.
"""
