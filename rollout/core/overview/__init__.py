"""What an operator sees of one service at a glance: a sentence, what comes next, what may be done.

Clients show these as they are and compute nothing. The room imports everything below it, because a
verb is allowed exactly where `decide` carries it out.
"""
