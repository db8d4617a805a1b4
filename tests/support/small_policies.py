"""The shortest policy that a service can have, as the text of its file."""

POLICY = """\
endpoint: {endpoint}
model: {{name: fraud-model}}
validate:
  requests: [{{file: data/sample.json}}]
"""
