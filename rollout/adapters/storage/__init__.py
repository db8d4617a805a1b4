"""Tables and queues of the storage account, and the stored form of every record.

`rollout.wiring` makes these adapters, and `function_app` reads wake-ups with it: importing this
package or `wakeups` must load no SDK. It imports no other room of the adapters.
"""
