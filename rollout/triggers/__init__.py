"""HTTP functions that `function_app` registers, by what they are about.

As there: each parses what arrived, makes one call, and answers, and nothing heavy is imported.
"""
