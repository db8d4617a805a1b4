"""Who changed what: storage and topics say it to our logs, and nothing reads all reads."""

from collections.abc import Mapping

from tests.support.infra.made import Resource, Snapshots, resources

_SETTING = "Microsoft.Insights/diagnosticSettings"
_LOCK = "Microsoft.Authorization/locks"
_LOGS = "Microsoft.OperationalInsights/workspaces"
_ACCOUNT = "Microsoft.Storage/storageAccounts"
_ALL = frozenset({"allLogs"})
# Reads are left out: the queues are polled every few seconds.
_CHANGES = frozenset({"StorageWrite", "StorageDelete"})
TRACED: Mapping[str, frozenset[str]] = {
    f"{_ACCOUNT}/blobServices": _CHANGES,
    f"{_ACCOUNT}/queueServices": _CHANGES,
    f"{_ACCOUNT}/tableServices": _CHANGES,
    "Microsoft.EventGrid/topics": _ALL,
}
# Where a profile asks for it; elsewhere it is not paid for.
ASKED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "main-guarded": {"Microsoft.Web/sites": _ALL},
    "wiring-long-names": {"Microsoft.EventGrid/systemTopics": _ALL},
}
LOCKED: Mapping[str, tuple[str, ...]] = {"main-guarded": (_ACCOUNT, _LOGS)}


def what_is_traced_is_traced_to_our_logs(snapshots: Snapshots) -> list[str]:
    """Whoever may write a table moves traffic; a write leaves a trace that he cannot change."""
    complaints: list[str] = []
    for each in resources(snapshots):
        wanted = {**TRACED, **ASKED.get(each.profile, {})}.get(each.type, frozenset())
        found = _kept(snapshots, each)
        if found != wanted:
            complaints.append(f"{each}: kept are {sorted(found)}, not {sorted(wanted)}")
    ours = {(each.profile, each.id) for each in resources(snapshots, _LOGS)}
    return complaints + [
        f"{each}: it goes elsewhere"
        for each in resources(snapshots, _SETTING, "main-")
        if (each.profile, each.value("properties", "workspaceId")) not in ours
    ]


def what_keeps_history_is_locked_where_asked(snapshots: Snapshots) -> list[str]:
    complaints: list[str] = []
    for each in resources(snapshots):
        found = [
            lock.value("properties", "level")
            for lock in resources(snapshots, _LOCK)
            if lock.profile == each.profile and lock.id.startswith(f"{each.id}/providers/{_LOCK}/")
        ]
        wanted = ["CanNotDelete"] if each.type in LOCKED.get(each.profile, ()) else []
        if found != wanted:
            complaints.append(f"{each}: its locks are {found}, not {wanted}")
    return complaints


def _kept(snapshots: Snapshots, of: Resource) -> frozenset[str]:
    """The categories, or groups of them, that a resource's settings keep."""
    return frozenset(
        log.get("category", log.get("categoryGroup"))
        for each in resources(snapshots, _SETTING)
        if each.profile == of.profile and each.id.startswith(f"{of.id}/providers/{_SETTING}/")
        for log in each.value("properties", "logs")
        if log["enabled"]
    )
