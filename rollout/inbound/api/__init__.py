"""The API's description: which routes there are, what each takes and what it answers.

What arrives is described by the tables that read it (`rollout.inbound.fields`); what is answered
by the shapes in this room, which stories compare with real views. Nothing here is needed to serve
a request: only the description's own route imports it.
"""
