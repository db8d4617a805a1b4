"""What answers say: JSON bodies read within limits, compared, judged and scored.

`answers` compares both sides' answers to one input, `contracts` learns what every answer has,
`scoring` scores answers against labels, `outputs` counts what data collectors wrote. Payloads come
in here, from adapters that hold them just so long; only counts, digests, names of fields and short
labels go out.
"""
