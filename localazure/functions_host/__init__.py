"""A Functions host for one Python app: Microsoft's own worker code behind imitated host rules.

What runs the handlers is `azure-functions-runtime`, the library production runs on Python 3.13.
What decides when they run, and what callers see, is reimplemented here from the host's public
source (azure-functions-host 4.1037, azure-webjobs-sdk-extensions, azure-sdk-for-net) and
documentation. One process serves one app: the worker's registry is a module global.
"""
