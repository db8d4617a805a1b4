"""Text from outside made safe: `plain_text` against control codes, `redaction` against secrets.

`nearest` suggests what a misspelt word may have meant. Doors, logs, adapters and the policy parser
call them. They import nothing of the product.
"""
