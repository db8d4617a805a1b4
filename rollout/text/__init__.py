"""Text from outside made safe: `plain_text` against control codes, `redaction` against secrets.

Doors, logs and adapters call it. It imports nothing of the product.
"""
