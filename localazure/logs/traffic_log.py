"""Table AmlOnlineEndpointTrafficLog, from what the data plane recorded: one row per request.

Columns, types and meaning are those of the table's reference in Azure Monitor's documentation;
durations are whole milliseconds there. Columns that the local data plane cannot fill are left out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from localazure.logs.kql import Table
from localazure.logs.kql_scalars import Row
from localazure.monitor.recorder import Recorder
from localazure.world import WorkspaceId

TABLE = "AmlOnlineEndpointTrafficLog"
COLUMNS = {
    "TimeGenerated": "datetime",
    "AzureMLWorkspaceName": "string",
    "EndpointName": "string",
    "DeploymentName": "string",
    "Location": "string",
    "Method": "string",
    "Path": "string",
    "ResponseCode": "int",
    "ModelStatusCode": "int",
    "TotalDurationMs": "int",
    "Type": "string",
    "_ResourceId": "string",
}


class TrafficLog:
    """The table's ingested rows. `ingestion_delay` is a dial.

    Resource logs take 3 to 10 minutes on Azure (Azure Monitor's page on log data ingestion time).
    """

    def __init__(
        self,
        recorder: Recorder,
        workspace: WorkspaceId,
        ingestion_delay: timedelta = timedelta(0),
    ) -> None:
        self.ingestion_delay = ingestion_delay
        self._recorder = recorder
        self._workspace = workspace

    def table(self, start: datetime, end: datetime) -> Table:
        """Return the rows of requests that ended in [start, end) and have been ingested."""
        return Table(COLUMNS, self._rows(start, end))

    def _rows(self, start: datetime, end: datetime) -> Iterator[Row]:
        visible = min(end, self._recorder.clock() - self.ingestion_delay)
        for request in self._recorder.requests(start, visible):
            yield {
                "TimeGenerated": request.ended,
                "AzureMLWorkspaceName": self._workspace.name,
                "EndpointName": request.endpoint,
                "DeploymentName": request.outcome.deployment,
                "Location": self._workspace.location,
                "Method": "POST",
                "Path": "/score",
                "ResponseCode": request.outcome.status,
                "ModelStatusCode": request.outcome.model_status,
                "TotalDurationMs": int(request.duration_ms),
                "Type": TABLE,
                "_ResourceId": self._workspace.path.lower(),
            }
