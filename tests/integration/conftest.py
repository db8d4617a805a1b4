import json
from collections.abc import Iterator

import pytest

from localazure.functions_host.process import functions_host_process
from localazure.stack.process import stack_process
from tests.support.integration import CHANNELS, CONSOLE, EVENT_QUEUE, WORK_QUEUE, RunningProduct
from tests.support.key_table import give_keys
from tests.support.paths import PROJECT
from tests.support.role import GRANTED


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    """The app with the settings it has in Azure: service URLs and an identity, no keys."""
    work = tmp_path_factory.mktemp("product")
    arguments = ["--runtime", "instant", "--environments", str(work / "environments")]
    with stack_process(work / "azure", arguments) as azure:
        addresses = azure.ready
        settings = {
            **addresses["environments"]["function-app"],
            "AzureWebJobsStorage": "",
            "AzureWebJobsStorage__tableServiceUri": addresses["tableUrl"],
            "AzureWebJobsStorage__queueServiceUri": addresses["queueUrl"],
            "ARM_ENDPOINT": addresses["armUrl"],
            "LOG_ANALYTICS_ENDPOINT": addresses["logsUrl"],
            "DATASTORE_BLOB_ENDPOINT": addresses["blobUrl"],
            "LIFECYCLE_TOPIC_ENDPOINT": addresses["topicUrl"],
            "LIFECYCLE_TOPIC_KEY": addresses["topicKey"],
            "SERVICES_BUNDLE": str(PROJECT / "services"),
            "TICK_SCHEDULE": "*/2 * * * * *",
            "RECHECK_SECONDS": "1",
            "WORK_QUEUE": WORK_QUEUE,
            "EVENT_QUEUE": EVENT_QUEUE,
            "NOTIFY_CHANNELS": json.dumps(
                {
                    kind: {"kind": kind, "url": addresses["receivers"][place]}
                    for kind, place in CHANNELS.items()
                }
            ),
            "CONSOLE_URL": CONSOLE,
        }
        give_keys(work / "app")
        with functions_host_process(PROJECT, settings, work / "app") as app:
            running = RunningProduct(app, addresses, work / "app" / "host.log")
            running.control("PUT", "access/function-app", {"actions": GRANTED})
            yield running
