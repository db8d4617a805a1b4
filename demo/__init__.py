"""The product's story told on a local Azure, with real requests: `make demo` and `make up`.

Development only, never deployed. It starts the local Azure and the Functions app as processes and
then uses them like any client: over HTTP, through Resource Manager and with Microsoft's SDK.
"""
