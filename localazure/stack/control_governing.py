"""The part of the control surface that takes rights away, locks and forbids.

For whoever plays with a running local Azure: what a rollout does when a lock is set, a policy
denies, an identity is deleted or a right is lost. A `scope` is an ARM id, and holds for all below
it; without one it is the workspace.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from localazure.http_rules import read_object
from localazure.stack.parts import Parts
from localazure.world import LockLevel, Policy
from localazure.world.names import PROVIDER

_ENDPOINTS = f"{PROVIDER}/workspaces/onlineEndpoints"


class GoverningControl:
    """Handlers for what stands over the workspace's resources, and for rights on them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, relative to the control surface."""
        return [
            web.get("/governance", self.shown),
            web.delete("/governance", self.clear),
            web.put("/locks", self.lock),
            web.delete("/locks", self.unlock),
            web.put("/policies/{name}", self.deny),
            web.delete("/policies/{name}", self.withdraw),
            web.post("/identities/delete", self.delete_identity),
            web.post("/identities/restore", self.restore_identity),
            web.put("/access/{principal}/taken", self.take),
            web.delete("/access/{principal}/taken", self.give_back),
            web.put("/access/{principal}/granted", self.grant),
            web.delete("/access/{principal}/granted", self.revoke),
        ]

    async def shown(self, _request: web.Request) -> web.Response:
        """Locks, policies, deleted identities, and the rights that were taken away."""
        governance, access = self._parts.arm.governance, self._parts.arm.access
        return web.json_response(
            {
                "locks": governance.locks,
                "policies": {
                    name: {"scope": each.scope, "resourceType": each.resource_type}
                    for name, each in governance.policies.items()
                },
                "deletedIdentities": sorted(governance.deleted),
                "taken": access.taken,
            }
        )

    async def clear(self, _request: web.Request) -> web.Response:
        """Remove every lock and policy, restore every identity, give back what was taken."""
        self._parts.arm.governance.clear()
        for principal in self._parts.arm.access.taken:
            self._parts.arm.access.give_back(principal)
        return web.Response(status=204)

    async def lock(self, request: web.Request) -> web.Response:
        """`{"level": "ReadOnly", "scope": ...}`: 409 `ScopeLocked` for every call but reads; with
        `CanNotDelete` for deletions.
        """
        body = await read_object(request)
        self._parts.arm.governance.lock(self._scope(body), LockLevel(body["level"]))
        return web.Response(status=204)

    async def unlock(self, request: web.Request) -> web.Response:
        """Remove the lock of `?scope=`, if there is one."""
        self._parts.arm.governance.unlock(self._scope(request.query))
        return web.Response(status=204)

    async def deny(self, request: web.Request) -> web.Response:
        """Assign a policy that denies writes: `{"scope": ..., "resourceType":
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"}`, by default
        those of endpoints: 403 `RequestDisallowedByPolicy`.
        """
        body = await read_object(request)
        policy = Policy(self._scope(body), str(body.get("resourceType", _ENDPOINTS)))
        self._parts.arm.governance.deny(request.match_info["name"], policy)
        return web.Response(status=204)

    async def withdraw(self, request: web.Request) -> web.Response:
        """Take a policy's assignment away, if there is one."""
        self._parts.arm.governance.withdraw(request.match_info["name"])
        return web.Response(status=204)

    async def delete_identity(self, request: web.Request) -> web.Response:
        """`{"id": ...}`: whatever names this user-assigned identity can no longer be written."""
        self._parts.arm.governance.delete_identity(_id((await read_object(request))["id"]))
        return web.Response(status=204)

    async def restore_identity(self, request: web.Request) -> web.Response:
        """`{"id": ...}`: it exists again."""
        self._parts.arm.governance.restore_identity(_id((await read_object(request))["id"]))
        return web.Response(status=204)

    async def take(self, request: web.Request) -> web.Response:
        """Refuse a principal `{"actions": [...]}`, whatever else it may do; in place of those taken
        before.
        """
        actions = _actions(await read_object(request))
        self._parts.arm.access.take(request.match_info["principal"], actions)
        return web.Response(status=204)

    async def give_back(self, request: web.Request) -> web.Response:
        """Give back what was taken from a principal."""
        self._parts.arm.access.give_back(request.match_info["principal"])
        return web.Response(status=204)

    async def grant(self, request: web.Request) -> web.Response:
        """Let a restricted principal do `{"scope": ..., "actions": [...]}` as well."""
        body = await read_object(request)
        principal, scope = request.match_info["principal"], self._scope(body)
        self._parts.arm.access.grant(principal, scope, _actions(body))
        return web.Response(status=204)

    async def revoke(self, request: web.Request) -> web.Response:
        """Take back what was granted on `?scope=`."""
        principal = request.match_info["principal"]
        self._parts.arm.access.revoke(principal, self._scope(request.query))
        return web.Response(status=204)

    def _scope(self, body: Mapping[str, Any]) -> str:
        given = body.get("scope")
        return self._parts.world.workspace.path if given is None else _id(given)


def _id(given: Any) -> str:
    if not isinstance(given, str) or not given.startswith("/"):
        raise TypeError(f"{given!r} is not an ARM id, which begins with /subscriptions/")
    return given


def _actions(body: Mapping[str, Any]) -> Iterable[str]:
    actions = body["actions"]
    if not isinstance(actions, list):
        raise TypeError("actions must be a list")
    return map(str, actions)
