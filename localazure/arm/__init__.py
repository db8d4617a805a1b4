"""The wire of the control plane: ARM requests <-> calls on the world.

`arm.py` answers one request, `route_table.py` lists what is served, `application.py` puts it behind
a socket. Shapes follow what azure-ai-ml 1.35.2 sends and needs (measured).
"""
