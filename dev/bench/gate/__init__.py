"""How often the health gate errs, and how fast it sees: `python -m dev.bench.gate`.

Streams of minutes with a known truth are drawn from fixed seeds and put through the product's own
gate, and through the rules that other tools use. Nothing here decides; everything is counted.
"""
